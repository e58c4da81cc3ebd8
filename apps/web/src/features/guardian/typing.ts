const fields = "input:not([type=checkbox], [type=radio], [type=button], [type=submit]), textarea, select";

/** Whether the focus is where somebody writes or chooses, or in a dialog: it is not taken from there. */
export function isTyping(): boolean {
  const focused = document.activeElement;
  if (focused === null) return false;
  if (focused instanceof HTMLElement && focused.isContentEditable) return true;
  return focused.matches(fields) || focused.closest("[role=dialog], [role=alertdialog]") !== null;
}
