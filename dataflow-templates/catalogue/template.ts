import type { z } from 'zod'

export type Shape = Record<string, z.ZodType>

/** A kind of job that can be launched. */
export interface Template {
  name: string
  /** `ours`: a Beam YAML pipeline of this room; `google`: a template that Google provides. */
  by: 'ours' | 'google'
  streaming: boolean
  /** The template's specification below `gs://dataflow-templates-<region>/latest/`. */
  spec: string
  /** What it is for, and for Google's when to take it. */
  description: string
  /** Values come as text and leave as the template wants them. */
  parameters: Shape
  /** Jinja variables that follow from the parameters. */
  derived?: (values: Readonly<Record<string, unknown>>) => Record<string, unknown>
  /** What must hold between parameters: gives the name and the fault of one that does not. */
  together?: (values: Readonly<Record<string, unknown>>) => { parameter: string; fault: string } | undefined
}

/** One of ours, by Google's Yaml_Template. */
export const yaml = (template: Omit<Template, 'by' | 'spec'>): Template => ({
  ...template,
  by: 'ours',
  spec: 'flex/Yaml_Template',
})
