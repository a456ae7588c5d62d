// What the pages do when a script may run. Each part finds its own data-attributes and asks nothing of the others;
// every page but the record picker and "add an entry" works without any of it.
"use strict";

const all = (selector, root = document) => [...root.querySelectorAll(selector)];

// ---- Menus: one open at a time; Escape and a click elsewhere close them.

const openMenus = () => all("details.menu[open]");

document.addEventListener("click", (event) => {
  for (const menu of openMenus()) if (!menu.contains(event.target)) menu.open = false;
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || event.defaultPrevented) return;
  for (const menu of openMenus()) {
    const held = menu.contains(document.activeElement);
    menu.open = false;
    if (held) menu.querySelector("summary").focus();
  }
});

// ---- A menu of deeds: the arrows go through it, Home and End to its ends; the button says whether it is open.

const entriesOf = (menu) => all(".item", menu);

for (const menu of all("details[data-keys]")) {
  const button = menu.querySelector("summary");
  button.ariaExpanded = "false";
  menu.addEventListener("toggle", () => { button.ariaExpanded = String(menu.open); });
}

document.addEventListener("keydown", (event) => {
  const menu = event.target.closest?.("details[data-keys]");
  const items = menu ? entriesOf(menu) : [];
  const at = items.indexOf(document.activeElement);
  const places = { ArrowDown: at + 1, ArrowUp: at < 0 ? items.length - 1 : at - 1, Home: 0, End: items.length - 1 };
  if (!items.length || !(event.key in places) || (at < 0 && !event.key.startsWith("Arrow"))) return;
  event.preventDefault();
  menu.open = true;
  items[(places[event.key] + items.length) % items.length].focus();
});

// ---- Ctrl or Command with K goes to the search.

document.addEventListener("keydown", (event) => {
  const box = document.querySelector("[data-search]");
  if (!box || event.key.toLowerCase() !== "k" || !(event.ctrlKey || event.metaKey)) return;
  event.preventDefault();
  box.select();
});

// ---- Light or dark: kept in a cookie, so that the server sends the next page right from its first byte.

const showTheme = () => {
  const chosen = document.documentElement.dataset.theme ?? "";
  for (const button of all("[data-theme-choice] button")) button.ariaPressed = String(button.value === chosen);
};

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-theme-choice] button");
  if (!button) return;
  if (button.value) document.documentElement.dataset.theme = button.value;
  else delete document.documentElement.dataset.theme;
  const life = button.value ? 31536000 : 0;
  document.cookie = `theme=${button.value}; path=/; max-age=${life}; samesite=lax`;
  showTheme();
});

showTheme();

// ---- Groups of the navigation that somebody folded stay folded; the cookie lets the server send them so.

for (const group of all("details[data-group]")) {
  group.addEventListener("toggle", () => {
    const folded = all("details[data-group]:not([open])").map((each) => each.dataset.group).join("-");
    document.cookie = `folded=${folded}; path=/; max-age=31536000; samesite=lax`;
  });
}

// ---- Asking first. The answer travels as `confirmed`, the reason as `reason`; without a script the server asks.

const dialog = document.getElementById("confirm");

const ask = (asker) => new Promise((resolve) => {
  const wantsReason = "reason" in asker.dataset;
  const reason = dialog.querySelector("textarea");
  dialog.querySelector(".question").textContent = asker.dataset.confirm;
  dialog.querySelector("[data-reason]").hidden = !wantsReason;
  const label = dialog.querySelector("[data-default]");
  label.textContent = asker.dataset.reason || label.dataset.default;
  reason.required = wantsReason;
  reason.value = "";
  dialog.returnValue = "";
  dialog.addEventListener("close", () => resolve(dialog.returnValue === "yes" ? { reason: wantsReason ? reason.value : null } : null), { once: true });
  dialog.showModal();
});

const carry = (form, name, value) => {
  const input = Object.assign(document.createElement("input"), { type: "hidden", name, value });
  input.dataset.carried = "";
  form.append(input);
};

document.addEventListener("submit", async (event) => {
  const form = event.target;
  const asker = [event.submitter, form].find((one) => one?.dataset.confirm);
  if (!asker) return;
  if (form.dataset.answered) { delete form.dataset.answered; return; }
  event.preventDefault();
  event.stopImmediatePropagation();
  const answer = await ask(asker);
  if (!answer) return;
  carry(form, "confirmed", "1");
  if (answer.reason !== null) carry(form, "reason", answer.reason);
  form.dataset.answered = "yes";
  form.requestSubmit(event.submitter);
});

// ---- A form is sent once. The buttons wait a tick, because a disabled button sends no name; going back wakes them and forgets the answer.

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented || form.method !== "post") return;
  if (form.dataset.sent) { event.preventDefault(); return; }
  form.dataset.sent = "yes";
  setTimeout(() => { for (const button of form.elements) if (button.type === "submit") button.disabled = true; });
});

addEventListener("pageshow", (event) => {
  if (!event.persisted) return;
  for (const input of all("[data-carried]")) input.remove();
  for (const form of all("form[data-sent]")) {
    delete form.dataset.sent;
    for (const button of form.elements) if (button.type === "submit") button.disabled = false;
  }
});

// ---- Choosing a ready-made text writes it at once, filled in; without the script, "Fill in" does.

const drafted = (form) => {
  const note = form.querySelector("[data-draft-note]");
  let asked = 0;
  const fill = async () => {
    const mine = ++asked;
    const sent = new FormData(form);
    sent.set("fill", "1");
    const answer = await fetch(form.action, { method: "POST", body: sent, headers: { Accept: "application/json" } });
    if (!answer.ok || mine !== asked) return;
    const draft = await answer.json();
    for (const [name, value] of Object.entries(draft.answers)) form.elements[name].value = value;
    for (const text of all("textarea", form)) text.dispatchEvent(new Event("input", { bubbles: true }));
    form.elements.drafted.value = draft.drafted;
    note.hidden = !draft.note;
    note.querySelector("span").textContent = draft.note;
  };
  const sources = form.querySelector("section");
  sources.addEventListener("change", () => { fill().catch(() => {}); });  // the button is still there
  sources.querySelector("[name=fill]").addEventListener("click", (event) => {
    event.preventDefault();
    fill().catch(() => form.requestSubmit(event.target));
  });
};

all("form[data-draft]").forEach(drafted);

// ---- What is still to be written by hand is marked in the text: the same words lie behind it, and shine through.

const BLANK = /(\{\w*\})/;

const marked = (text) => {
  const frame = document.createElement("div");
  const behind = document.createElement("div");
  frame.className = "marked";
  behind.className = "control";
  behind.ariaHidden = "true";
  text.replaceWith(frame);
  frame.append(behind, text);
  const draw = () => {
    const parts = text.value.split(BLANK).map((part, place) => {
      if (place % 2 === 0) return part;
      return Object.assign(document.createElement("mark"), { textContent: part });
    });
    behind.replaceChildren(...parts, "\n");
    behind.scrollTop = text.scrollTop;
  };
  text.addEventListener("input", draw);
  text.addEventListener("scroll", () => { behind.scrollTop = text.scrollTop; });
  draw();
};

all("form[data-draft] textarea").forEach(marked);

// ---- Leaving a form with unsaved words asks first.

let unsaved = false;

document.addEventListener("input", (event) => { if (event.target.form && "guard" in event.target.form.dataset) unsaved = true; });
document.addEventListener("submit", (event) => { if (!event.defaultPrevented) unsaved = false; });
addEventListener("beforeunload", (event) => { if (unsaved) event.preventDefault(); });

// ---- Filters leave no empty words in the address.

document.addEventListener("formdata", (event) => {
  if (!("tidy" in event.target.dataset)) return;
  const filled = [...event.formData].filter(([, value]) => value !== "");
  for (const name of new Set(event.formData.keys())) event.formData.delete(name);
  for (const [name, value] of filled) event.formData.append(name, value);
});

// ---- Choosing rows; Shift takes the range.

let lastPicked = null;

const rowBoxes = () => all("tbody .pick input");

const showPicked = () => {
  const boxes = rowBoxes();
  const count = boxes.filter((box) => box.checked).length;
  for (const master of all("[data-pick-all]")) {
    master.checked = count > 0 && count === boxes.length;
    master.indeterminate = count > 0 && count < boxes.length;
  }
  for (const label of all("[data-picked]")) label.textContent = label.dataset.picked.replace("{}", count);
};

document.addEventListener("click", (event) => {
  const box = event.target;
  if (!box.matches?.(".pick input")) return;
  const boxes = rowBoxes();
  if ("pickAll" in box.dataset) for (const each of boxes) each.checked = box.checked;
  else {
    if (event.shiftKey && lastPicked) {
      const [from, to] = [boxes.indexOf(lastPicked), boxes.indexOf(box)].sort((a, b) => a - b);
      for (const each of boxes.slice(from, to + 1)) each.checked = box.checked;
    }
    lastPicked = box;
  }
  showPicked();
});

if (document.querySelector(".pick :checked")) showPicked();

// ---- The count of a long list comes after the page, and with it how many records each choice would leave.

const showFacets = (facets) => {
  for (const [name, numbers] of Object.entries(facets ?? {})) {
    for (const box of all(`#filters [name="${CSS.escape(name)}"]`)) {
      if (!(box.value in numbers)) continue;
      const number = Object.assign(document.createElement("span"), { className: "count", textContent: numbers[box.value] });
      box.parentElement.querySelector(".count")?.remove();
      box.parentElement.append(number);
    }
  }
};

for (const place of all("[data-count-url]")) {
  fetch(place.dataset.countUrl, { headers: { Accept: "application/json" } })
    .then((answer) => (answer.ok ? answer.json() : null))
    .then((count) => {
      if (!count) return;
      place.textContent = place.dataset.pattern.replace("{}", count.text);
      showFacets(count.facets);
    })
    .catch(() => {});  // a list without its count is still a list
}

// ---- Dialogs opened by a button.

document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-dialog]");
  if (opener) document.getElementById(opener.dataset.dialog).showModal();
  event.target.closest("[data-close]")?.closest("dialog").close();
});

// ---- Looking a record up: the combobox pattern, with the choice in a hidden input.

const combobox = (box) => {
  const input = box.querySelector("[role=combobox]");
  const chosen = box.querySelector("input[type=hidden]");
  const list = box.querySelector("[role=listbox]");
  const status = box.querySelector("[role=status]");
  let label = input.value;
  let timer = 0;
  let asked = 0;

  const options = () => all("[role=option]", list);
  const active = () => options().findIndex((option) => option.ariaSelected === "true");

  const close = () => {
    list.hidden = true;
    status.textContent = "";
    input.ariaExpanded = "false";
    input.removeAttribute("aria-activedescendant");
  };

  const mark = (index) => {
    options().forEach((option, at) => { option.ariaSelected = String(at === index); });
    const option = options()[index];
    if (!option) return;
    input.setAttribute("aria-activedescendant", option.id);
    option.scrollIntoView({ block: "nearest" });
  };

  const take = (option) => {
    chosen.value = option.dataset.value;
    input.value = label = option.textContent;
    close();
  };

  const open = () => {
    list.hidden = false;
    input.ariaExpanded = "true";
  };

  const say = (words) => {
    close();
    status.textContent = words;
  };

  const show = (found) => {
    list.replaceChildren(...found.map(([value, text], at) => {
      const option = document.createElement("li");
      option.role = "option";
      option.id = `${list.id}-${at}`;
      option.dataset.value = value;
      option.textContent = text;
      option.ariaSelected = "false";
      return option;
    }));
    status.textContent = "";
    if (found.length) open();
    else say(status.dataset.none);
  };

  const look = async () => {
    const mine = ++asked;
    const url = new URL(input.dataset.lookupUrl, location.href);
    url.searchParams.set("query", input.value === label ? "" : input.value);
    try {
      const answer = await fetch(url, { headers: { Accept: "application/json" } });
      if (!answer.ok) throw new Error(String(answer.status));
      const found = await answer.json();
      if (mine === asked) show(found);
    } catch {
      if (mine === asked) say(status.dataset.failed);
    }
  };

  input.addEventListener("input", () => {
    clearTimeout(timer);
    if (!input.value) chosen.value = label = "";
    timer = setTimeout(look, 150);
  });

  input.addEventListener("keydown", (event) => {
    const steps = { ArrowDown: 1, ArrowUp: -1 };
    if (event.key in steps) {
      event.preventDefault();
      if (list.hidden) look();
      else if (options().length) mark((active() + steps[event.key] + options().length) % options().length);
    } else if (event.key === "Enter" && !list.hidden) {
      event.preventDefault();
      if (active() >= 0) take(options()[active()]);
    } else if (event.key === "Escape" && !list.hidden) {
      event.preventDefault();
      close();
    }
  });

  list.addEventListener("mousedown", (event) => {
    event.preventDefault();
    const option = event.target.closest("[role=option]");
    if (option) take(option);
  });

  // Words that name no record are not an answer: leaving the box brings back what was chosen.
  input.addEventListener("blur", () => {
    clearTimeout(timer);
    asked += 1;
    input.value = label;
    close();
  });
};

all("[data-combobox]").forEach(combobox);

// ---- Entries inside a record: added from the template, new ones taken away again.

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-add], [data-remove]");
  if (!button) return;
  const group = button.closest("[data-entries]");
  if ("remove" in button.dataset) {
    button.closest(".entry").remove();
    group.querySelector(":scope > [data-add]").focus();
    return;
  }
  const template = group.querySelector(":scope > template");
  const next = Number(template.dataset.next);
  template.dataset.next = next + 1;
  template.insertAdjacentHTML("beforebegin", template.innerHTML.replaceAll("__index__", next).replaceAll("__number__", next + 1));
  const entry = template.previousElementSibling;
  all("[data-combobox]", entry).forEach(combobox);
  entry.querySelector("input:not([type=hidden]), select, textarea")?.focus();
});

// ---- Entries are stored in the order in which they stand on the page.

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-move]");
  if (!button) return;
  const entry = button.closest(".entry");
  const up = button.dataset.move === "-1";
  const other = up ? entry.previousElementSibling : entry.nextElementSibling;
  if (!other?.matches(".entry")) return;
  if (up) other.before(entry);
  else other.after(entry);
  unsaved = true;
  button.focus();
});

// ---- What is under way refreshes itself. What the reader has opened stays open, and nothing moves under a dialog.

const refresh = async (part) => {
  const seconds = Number(part.dataset.refresh);
  if (!seconds) return;
  await new Promise((wake) => { setTimeout(wake, seconds * 1000); });
  let next = part;
  if (!document.hidden && !document.querySelector("dialog[open]")) {
    try {
      const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const fresh = answer.ok && page.getElementById(part.id);
      if (fresh) {
        const held = document.activeElement?.id;
        for (const open of all("details[open][id]", part)) fresh.querySelector(`#${CSS.escape(open.id)}`)?.setAttribute("open", "");
        part.replaceWith(document.adoptNode(fresh));
        if (held && !document.getElementById(held)?.matches(":focus")) document.getElementById(held)?.focus();
        next = fresh;
      }
    } catch {
      // the server is away for a moment: ask again later
    }
  }
  refresh(next);
};

all("[data-refresh]").forEach(refresh);
