"""One file for each change of the schema, in order of number; never changed once released."""
