/** Hands a text to the browser as a file to be kept. */
export function saveFile(name: string, type: string, text: readonly string[]): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([...text], { type }));
  link.download = name;
  link.click();
  URL.revokeObjectURL(link.href);
}
