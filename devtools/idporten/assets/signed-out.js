// Goes on by itself once every service has answered its logout; without it the link does.
"use strict";
window.addEventListener("load", () => {
  window.location.replace(document.getElementById("continue").href);
});
