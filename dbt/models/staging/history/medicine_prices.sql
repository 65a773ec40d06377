{{ history('medicines', 'medicine_id', ['price']) }}
