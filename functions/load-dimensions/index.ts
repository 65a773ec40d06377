import { http } from '@google-cloud/functions-framework'
import { composeLoader } from '../loader/function.ts'

http('load-dimensions', composeLoader('load-dimensions', 'dimension'))
