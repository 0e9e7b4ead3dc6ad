// What is wrong with the layout of a page, as it is now: a page wider than its window, texts that are cut or leave
// their box, and controls that cover each other.
() => {
  const faults = [];
  const describe = (one) => (one.id ? `#${one.id} ` : "") + one.outerHTML.replace(/\s+/g, " ").slice(0, 100);
  const isShown = (one) => one.checkVisibility({ visibilityProperty: true, opacityProperty: true });
  if (document.documentElement.scrollWidth > innerWidth) faults.push(`the page is ${document.documentElement.scrollWidth} px wide`);

  const all = [...document.querySelectorAll("body *")].filter((one) => isShown(one) && !one.closest(".visually-hidden, .skip, svg, pre, .pswp, .u-legend"));
  const hasText = (one) => [...one.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.nodeValue.trim());
  for (const one of all.filter(hasText)) {
    const style = getComputedStyle(one);
    if (one.matches("option, select, textarea") || style.display === "inline") continue;
    if (style.overflowX !== "visible" && one.scrollWidth > one.clientWidth + 1) faults.push(`cut: ${describe(one)}`);
    if (style.overflowX === "visible" && one.scrollWidth > one.clientWidth + 1 && one.clientWidth) faults.push(`it leaves its box: ${describe(one)}`);
  }

  // What is to be copied is shown as a whole.
  for (const one of all.filter((it) => it.matches("[readonly]"))) {
    if (one.scrollWidth > one.clientWidth || one.scrollHeight > one.clientHeight) faults.push(`cut: ${describe(one)}`);
  }

  // What is fixed, or sticks to the window, is meant to cover what scrolls beneath.
  const layer = (one) => { for (let at = one; at; at = at.parentElement) if (["fixed", "sticky"].includes(getComputedStyle(at).position)) return at; return document.querySelector("dialog[open]")?.contains(one) ? document.querySelector("dialog[open]") : null; };
  const controls = all.filter((one) => one.matches("a, button, select, input:not([type=hidden]), summary, textarea") && !one.closest(".choose"));
  for (const [place, one] of controls.entries()) {
    const a = one.getBoundingClientRect();
    for (const other of controls.slice(place + 1)) {
      if (one.contains(other) || other.contains(one) || layer(one) !== layer(other)) continue;
      const b = other.getBoundingClientRect();
      const wide = Math.min(a.right, b.right) - Math.max(a.left, b.left);
      const high = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
      if (wide > 1.5 && high > 1.5) faults.push(`${describe(one)} and ${describe(other)} cover each other`);
    }
  }
  // The bar of pages at the foot of a phone must not hide the end of a page.
  const bar = document.querySelector("nav.pages");
  const main = document.querySelector("main");
  if (bar && main && getComputedStyle(bar).position === "fixed" && parseFloat(getComputedStyle(main).paddingBottom) < bar.offsetHeight) {
    faults.push("the bar hides the end of the page");
  }
  return faults;
}
