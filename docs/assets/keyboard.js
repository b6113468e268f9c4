// Code and tables that are wider than the screen can be scrolled with the keyboard, too.
document.addEventListener("DOMContentLoaded", () => {
  setTimeout(() => {
    for (const wide of document.querySelectorAll("pre > code, .md-typeset__scrollwrap")) {
      if (wide.scrollWidth > wide.clientWidth) wide.tabIndex = 0;
    }
  });
});
