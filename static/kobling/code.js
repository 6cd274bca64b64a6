// A pasted code may bring spaces, dashes or words along: keep the six digits. The server does the
// same, so the page works without this.
for (const field of document.querySelectorAll("input[data-code]")) {
  field.addEventListener("paste", (event) => {
    const digits = event.clipboardData.getData("text").replace(/\D/g, "");
    if (digits.length === 6) {
      event.preventDefault();
      field.value = digits;
    }
  });
}
