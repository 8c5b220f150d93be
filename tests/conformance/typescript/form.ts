// The form of Result.fields, which ../README.md describes.

/** Writes a message. An absent field is the empty string. */
export function message(...fields: string[]): string {
  return `{${fields.filter((field) => field !== "").join(",")}}`;
}

/** Writes a field. Its value is a number, a boolean, or a text that is already in this form. */
export function field(name: string, value: string | number | bigint | boolean): string {
  return `${name}:${value}`;
}

/** Writes a field with presence. */
export function optional<T>(
  name: string,
  value: T | undefined,
  form: (value: T) => string,
): string {
  return value === undefined ? "" : field(name, form(value));
}

/** Writes a repeated field. */
export function list<T>(name: string, values: T[], form: (value: T) => string): string {
  return field(name, `[${values.map(form).join(",")}]`);
}

export function text(value: string | Uint8Array): string {
  return Buffer.from(value).toString("hex");
}

export function double(value: number): string {
  const bits = Buffer.alloc(8);
  bits.writeDoubleBE(value);
  return bits.toString("hex");
}
