// Shows changes as they happen. The page works without it.
"use strict";
(() => {
  const reconnectAfter = 15000;
  const sayAtMost = 3;

  // The clock of the proxy minus that of this browser, in milliseconds.
  let skew = Number(document.body.dataset.now) - Date.now();
  let said = [];

  function span(milliseconds) {
    const seconds = Math.max(0, Math.round(milliseconds / 1000));
    if (seconds < 60) return `${seconds} s`;
    if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
    if (seconds < 48 * 3600) return `${Math.floor(seconds / 3600)} h ${Math.floor(seconds / 60) % 60} min`;
    return `${Math.floor(seconds / 86400)} days`;
  }

  function tick() {
    const now = Date.now() + skew;
    for (const element of document.querySelectorAll("[data-until], [data-since]")) {
      const left = Number(element.dataset.until) - now;
      const text = element.dataset.since ? `${span(now - Number(element.dataset.since))} ago`
        : left < 500 ? "now" : `in ${span(left)}`;
      if (element.textContent !== text) element.textContent = text;
    }
  }

  // What a person or the browser has changed stays as it is.
  const kept = (element, name) => name === "open" && element.tagName === "DETAILS";

  function take(old, fresh) {
    for (const { name } of [...old.attributes]) {
      if (!fresh.hasAttribute(name) && !kept(old, name)) old.removeAttribute(name);
    }
    for (const { name, value } of fresh.attributes) {
      if (old.getAttribute(name) === value || kept(old, name)) continue;
      old.setAttribute(name, value);
      if (name === "data-say") said.push(value);
    }
    if (!old.matches("[data-until], [data-since]")) takeChildren(old, fresh); // tick writes those
  }

  // Makes old look like fresh and keeps the elements that both have, and with
  // them the focus, what is unfolded, and the previews.
  function takeChildren(old, fresh) {
    let at = old.firstChild;
    for (const want of [...fresh.childNodes]) {
      const have = counterpart(old, at, want);
      if (!have) {
        old.insertBefore(want, at);
        note(want);
        continue;
      }
      if (have === at) at = at.nextSibling;
      else if (old.moveBefore) old.moveBefore(have, at);
      else old.insertBefore(have, at);
      if (have.nodeType === Node.ELEMENT_NODE) take(have, want);
      else if (have.data !== want.data) have.data = want.data;
    }
    while (at) {
      const next = at.nextSibling;
      at.remove();
      at = next;
    }
  }

  function counterpart(old, at, want) {
    if (want.id) return [...old.children].find((child) => child.id === want.id && child.tagName === want.tagName);
    return at && !at.id && at.nodeType === want.nodeType && at.nodeName === want.nodeName ? at : null;
  }

  function note(node) {
    if (node.nodeType !== Node.ELEMENT_NODE) return;
    for (const element of [node, ...node.querySelectorAll("[data-say]")]) {
      if (element.dataset.say) said.push(element.dataset.say);
    }
  }

  function apply(change) {
    skew = change.now - Date.now();
    document.title = change.title;
    const focused = document.activeElement;
    const section = focused && focused.closest("section");
    said = [];
    for (const [name, html] of Object.entries(change.sections)) {
      const old = document.querySelector(`[data-live="${name}"]`);
      if (old) takeChildren(old, new DOMParser().parseFromString(html, "text/html").body);
    }
    tick();
    if (section && !focused.isConnected) section.querySelector("h2")?.focus({ preventScroll: true });
    if (said.length > 0) {
      const more = said.length > sayAtMost ? `, and ${said.length - sayAtMost} more changes` : "";
      document.getElementById("news").textContent = said.slice(0, sayAtMost).join(". ") + more;
    }
  }

  const link = document.getElementById("link");
  function connected(yes) {
    link.hidden = false;
    link.className = yes ? "link live" : "link lost";
    link.textContent = yes ? "live" : "connecting …";
  }

  let source = null;
  let again = 0;
  function watch() {
    clearTimeout(again);
    if (source || document.hidden) return;
    source = new EventSource("events");
    source.onopen = () => connected(true);
    source.onmessage = (event) => apply(JSON.parse(event.data));
    source.onerror = () => {
      connected(false);
      if (!source || source.readyState !== EventSource.CLOSED) return; // it tries again by itself
      leave();
      again = setTimeout(watch, reconnectAfter);
    };
  }
  function leave() {
    if (source) source.close();
    source = null;
  }
  // A browser has few connections for each host: a page that nobody sees must not
  // hold one.
  document.addEventListener("visibilitychange", () => (document.hidden ? leave() : watch()));
  window.addEventListener("pagehide", leave);
  window.addEventListener("pageshow", watch);

  function tell(id, text) {
    for (const other of ["notice", "problem"]) document.getElementById(other).replaceChildren();
    const line = document.createElement("p");
    line.className = id === "notice" ? "note good" : "note bad";
    line.textContent = text;
    document.getElementById(id).replaceChildren(line);
  }

  const busy = new Set();
  document.addEventListener("submit", async (event) => {
    const form = event.target;
    if ("page" in form.dataset) return; // the answer is a page
    event.preventDefault();
    // Not disabled: that would take the focus from the button.
    if (busy.has(form)) return;
    busy.add(form);
    form.setAttribute("aria-busy", "true");
    try {
      const response = await fetch(form.action, {
        method: "POST",
        headers: { Accept: "application/json" },
        body: new URLSearchParams(new FormData(form)),
      });
      const answer = await response.json();
      if (answer.error) return tell("problem", answer.error);
      tell("notice", answer.notice);
    } catch {
      tell("problem", "The proxy does not answer. Is it running? Nothing was changed that is known.");
    } finally {
      busy.delete(form);
      form.removeAttribute("aria-busy");
    }
  });

  setInterval(tick, 1000);
  tick();
  watch();
})();
