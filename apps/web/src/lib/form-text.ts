/** The text of a form's field, without blanks at its ends; empty when there is none. */
export function formText(form: HTMLFormElement | FormData, name: string): string {
  const value = (form instanceof FormData ? form : new FormData(form)).get(name);
  return typeof value === "string" ? value.trim() : "";
}
