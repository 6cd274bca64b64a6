// On to ID-porten at once. Without this the person presses the button.
document.querySelector("form[data-submit-at-once]").submit();
