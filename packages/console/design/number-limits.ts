/** What a number that is typed has to be. */
export interface NumberLimits {
  min: number;
  max: number;
  /** Nothing behind the decimal point. */
  whole: boolean;
}

/** The number a person typed; null: nothing, or nothing that fits. A decimal comma is a decimal point to its writer. */
export function numberOf(text: string, { min, max, whole }: NumberLimits): number | null {
  const trimmed = text.trim().replace(',', '.');
  if (!/^-?\d+(\.\d+)?$/.test(trimmed)) return null;
  const value = Number(trimmed);
  return value >= min && value <= max && (!whole || Number.isInteger(value)) ? value : null;
}

/** Whether the text can be sent: it fits, or it is empty and may be. */
export function isNumber(text: string, limits: NumberLimits, optional = false): boolean {
  return text.trim() === '' ? optional : numberOf(text, limits) !== null;
}
