// Lets the browser make or use a passkey when its form is sent, and sends the answer with it.
// webauthnJSON comes from allauth: not every browser reads WebAuthn's options from JSON itself.

for (const form of document.querySelectorAll("form[data-passkey]")) {
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const failed = form.querySelector("[role=alert]");
    failed.hidden = true;
    try {
      const options = JSON.parse(form.dataset.options);
      const answer = await webauthnJSON[form.dataset.passkey](options);
      form.elements.credential.value = JSON.stringify(answer);
    } catch {
      failed.hidden = false;
      return;
    }
    form.submit();
  });
}
