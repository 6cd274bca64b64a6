// Looks every other second whether what the page waits for has come further, and then loads it
// anew. Without this the page has a link that does the same.
const waiting = document.querySelector("[data-waiting]");

async function look() {
  if (document.visibilityState === "visible") {
    try {
      const answer = await fetch(location.href, { credentials: "same-origin" });
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const now = page.querySelector("[data-waiting]");
      if (now?.dataset.waiting !== waiting.dataset.waiting) {
        location.reload();
        return;
      }
    } catch {
      // The network is away for a moment; the next look will tell.
    }
  }
  setTimeout(look, 2000);
}

if (waiting) setTimeout(look, 1000);
