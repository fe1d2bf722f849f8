// Say in the page, not only in the console, that a passkey did not work.
document.addEventListener("allauth.error", (event) => {
  const problem = document.getElementById("passkey-problem");
  if (problem) {
    event.preventDefault();
    problem.hidden = false;
    problem.focus();
  }
});
