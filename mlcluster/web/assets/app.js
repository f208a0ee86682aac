// The page: files and questions become jobs of the server, and what these give is shown. No other site is asked.
"use strict";
(() => {
  const $ = (id) => document.getElementById(id);
  const make = (tag, props = {}, ...children) => {
    const element = Object.assign(document.createElement(tag), props);
    element.append(...children);
    return element;
  };
  const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
  const statusOf = (name) => document.querySelector(`.status[data-of="${name}"]`);
  const tell = (name, ...content) => statusOf(name).replaceChildren(...content);
  const complain = (name, text) => tell(name, make("span", { className: "failed", role: "alert" }, text));
  const ask = async (path, options) => {
    const answer = await fetch(path, options);
    const told = await answer.json();
    if (!answer.ok) throw new Error(told.error ?? `the server answered ${answer.status}.`);
    return told;
  };

  // ---- jobs: one at a time for each part of the page; a newer one ends the older ----
  const current = {};
  const cancel = (name) => {
    if (!current[name]) return;
    fetch(`/api/jobs/${current[name]}`, { method: "DELETE" });
    current[name] = null;
  };
  const follow = async (name, path, form, { words, onStage, onProgress, estimate }) => {
    cancel(name);
    const mine = Symbol(name);
    follow[name] = mine;
    tell(name, words[0]);
    statusOf(name).setAttribute("aria-busy", "true");
    try {
      const { job } = await ask(path, { method: "POST", body: form });
      if (follow[name] !== mine) return;
      current[name] = job;
      const began = performance.now();
      let stage = -1, wait = 40;
      for (;;) {
        const told = await ask(`/api/jobs/${job}`);
        if (follow[name] !== mine) return;
        while (stage + 1 < told.stages.length && told.stages[stage + 1].done) {
          stage += 1;
          await onStage(stage, await ask(told.stages[stage].result), job, told);
        }
        if (told.state === "failed") throw new Error(told.error);
        if (told.state === "cancelled") return tell(name, "Cancelled.");
        if (told.state === "done") return tell(name);
        let done = {};
        if (onProgress) done = await onProgress(job, told) ?? {};
        show(name, job, words[stage + 1], told, done.part ?? part(estimate?.(), began), done.text);
        await pause(wait);
        wait = Math.min(wait * 1.15, 700);
      }
    } catch (error) {
      if (follow[name] === mine) complain(name, error.message);
    } finally {
      if (follow[name] === mine) {
        current[name] = null;
        statusOf(name).removeAttribute("aria-busy");
      }
    }
  };
  const part = (seconds, began) => seconds ? Math.min(0.97, (performance.now() - began) / 1000 / seconds) : null;
  const show = (name, job, words, told, done, text) => {
    const box = statusOf(name);
    let bar = box.querySelector("progress");
    if (!bar || bar.dataset.job !== job) {
      bar = make("progress", { max: 1 });
      bar.dataset.job = job;
      bar.setAttribute("aria-label", "progress");
      const stop = make("button", { type: "button", className: "cancel" }, "Cancel");
      stop.addEventListener("click", () => cancel(name) ?? tell(name, "Cancelled."));
      box.replaceChildren(make("span", { className: "words" }), bar, stop);
    }
    const queued = told.state === "waiting" ? "Waiting for others: " : "";
    const line = `${queued}${words}${text ? ` ${text}` : ""}`;
    if (box.firstChild.textContent !== line) box.firstChild.textContent = line;
    if (done === null) bar.removeAttribute("value"); else bar.value = done;
  };

  // ---- structures ----
  let files = [];
  const kinds = /(\.(cif|mcif|mmcif|xyz|extxyz|vasp|poscar|json)(\.gz)?$)|(^|\/)(poscar|contcar)[^/]*$/i;
  const formOf = (chosen, names = {}) => {
    const form = new FormData();
    for (const file of chosen) form.append("file", file, file.path ?? file.name);
    for (const [name, value] of Object.entries(names)) if (value !== "") form.append(name, value);
    return form;
  };
  const stated = () => ({ charge: $("charge").value, multiplicity: $("multiplicity").value });
  const take = (chosen) => {
    files = chosen;
    if (files.length === 0) return complain("structures", "No file with a name that this reads: CIF, XYZ, POSCAR, JSON.");
    $("again").hidden = false;
    read();
  };
  const read = () => files.length === 1 ? one() : files.length === 2 ? pair() : many();

  const one = () => {
    const box = $("structures");
    let seconds = null, downloads = [];
    box.replaceChildren();
    $("second").hidden = true;
    return follow("structures", "/page/structure", formOf(files, stated()), {
      words: [`Reading ${files[0].name} ...`, "Calculating the capped cluster ..."],
      estimate: () => seconds,
      onStage: async (stage, result, job) => {
        const made = document.createElement("template");
        made.innerHTML = result.html; // made by the server's templates, which escape everything
        downloads = result.downloads;
        if (stage === 0) {
          box.append(made.content);
          for (const text of result.failed) box.prepend(make("p", { className: "note" }, text));
          await new Promise((shown) => setTimeout(shown)); // the words are there while the view is drawn
          clusterView.wire(box, result.scenes);
          clusterView.wireDownloads(box, () => downloads);
          seconds = result.estimate;
          $("second").hidden = false;
          document.title = `${result.title} - mlcluster`;
          box.dataset.stage = "0";
        } else {
          for (const late of made.content.querySelectorAll("[data-late]")) $(late.id)?.replaceWith(late);
          const link = make("a", { className: "button", href: `/api/jobs/${job}/report.html?save=true`, download: "report.html" }, "report");
          box.querySelector(".files p").append(link);
          box.dataset.stage = "1";
        }
      },
    });
  };

  const pair = () => {
    const box = $("structures");
    box.replaceChildren();
    $("second").hidden = true;
    return follow("structures", "/page/comparison", formOf(files, { ...stated(), charge_b: $("charge_b").value }), {
      words: [`Comparing ${files[0].name} with ${files[1].name} ...`, "Calculating both ..."],
      onStage: (stage, result, job) => {
        const at = `/api/jobs/${job}/report.html?stage=${stage}`;
        const frame = make("iframe", { src: at, title: `Comparison: ${result.title}` });
        frame.setAttribute("sandbox", "allow-scripts allow-downloads");
        box.replaceChildren(
          make("h2", {}, result.title),
          make("p", { className: "answer" }, result.sentences.join(" ")),
          make("p", { className: "tools" }, make("a", { className: "button", href: `${at}&save=true`, download: "comparison.html" }, "report")),
          frame,
        );
        box.dataset.stage = String(stage);
      },
    });
  };

  // ---- many files: a table that fills ----
  const targets = ["gap", "emission", "quantum_yield", "lifetime", "ionization_energy", "electron_affinity"];
  const many = () => {
    const box = $("structures");
    const mine = files;
    let names = []; // of the files at the server, in their order
    const table = new Screened(box, (name) => {
      const file = mine[names.indexOf(name)];
      if (file) take([file]);
    });
    $("second").hidden = true;
    return follow("structures", "/page/screen", formOf(files, stated()), {
      words: [`Screening ${files.length} files ...`],
      onProgress: async (job, told) => {
        names = told.files;
        const so = await ask(`/api/jobs/${job}/progress`);
        if (!so.total) return null;
        table.update(so.rows);
        return { part: so.done / so.total, text: `${so.done} of ${so.total}, ${so.failed} failed` };
      },
      onStage: (stage, result, job, told) => {
        names = told.files;
        table.update(result.rows);
        box.dataset.stage = "0";
      },
    });
  };

  class Screened {
    constructor(box, open) {
      this.rows = []; this.all = []; this.sort = null; this.up = true; this.open = open;
      const filter = make("input", { type: "search", placeholder: "filter" });
      filter.setAttribute("aria-label", "Filter the rows");
      filter.addEventListener("input", () => { this.wanted = filter.value.toLowerCase(); this.draw(); });
      const save = make("button", { type: "button" }, "CSV");
      save.addEventListener("click", () => clusterView.save("screen.csv", "text/csv", csv(this.all)));
      this.count = make("span", { className: "soft" });
      this.count.setAttribute("aria-live", "polite");
      this.body = make("tbody");
      this.head = make("tr");
      const made = make("table", { id: "screened" }, make("thead", {}, this.head), this.body);
      box.replaceChildren(make("p", { className: "tools" }, filter, save, this.count), make("div", { className: "scroll" }, made));
    }
    update(all) {
      if (all.length === this.all.length && this.body.childElementCount) return;
      this.all = all;
      const rows = new Map();
      for (const row of all) {
        const key = `${row.file}\n${row.cluster ?? ""}`;
        if (!rows.has(key)) rows.set(key, { file: row.file, cluster: row.cluster, formula: row.formula, atoms: row.n_atoms, charge: row.charge, error: row.error });
        const mine = rows.get(key);
        if (row.target && row.kind !== "measured" && !(row.target in mine)) {
          mine[row.target] = row.value;
          const ends = `(${digits(row.lower, 2)} to ${digits(row.upper, 2)})`;
          mine[`${row.target} shown`] = row.informative === false ? `no better than the mean ${ends}` : `${digits(row.value)} ${ends}`;
          mine[`${row.target} unit`] = row.unit === "fraction" ? "" : row.unit;
        }
      }
      this.rows = [...rows.values()];
      this.draw();
    }
    columns() {
      const shown = targets.filter((name) => this.rows.some((row) => name in row));
      const errors = this.rows.some((row) => row.error) ? ["error"] : [];
      return ["file", "formula", "atoms", "charge", ...shown, ...errors];
    }
    draw() {
      const columns = this.columns();
      this.head.replaceChildren(...columns.map((name) => {
        const unit = this.rows.find((row) => row[`${name} unit`])?.[`${name} unit`];
        const button = make("button", { type: "button" }, name.replace("_", " ") + (unit ? ` (${unit})` : ""));
        button.addEventListener("click", () => {
          this.up = this.sort === name ? !this.up : true;
          this.sort = name;
          this.draw();
          [...this.head.children][columns.indexOf(name)].firstChild.focus();
        });
        const cell = make("th", { scope: "col" }, button);
        cell.setAttribute("aria-sort", this.sort === name ? (this.up ? "ascending" : "descending") : "none");
        return cell;
      }));
      const kept = this.rows.filter((row) => !this.wanted || columns.some((name) => String(row[`${name} shown`] ?? row[name] ?? "").toLowerCase().includes(this.wanted)));
      if (this.sort) {
        const sign = this.up ? 1 : -1;
        kept.sort((a, b) => {
          const [x, y] = [a[this.sort], b[this.sort]];
          if (x == null || y == null) return (x == null) - (y == null);
          return sign * (typeof x === "number" ? x - y : String(x).localeCompare(String(y)));
        });
      }
      this.body.replaceChildren(...kept.map((row) => make("tr", {}, ...columns.map((name) => {
        if (name === "file") {
          const open = make("button", { type: "button", className: "link" }, row.file);
          open.addEventListener("click", () => this.open(row.file));
          return make("td", {}, open);
        }
        const numeric = name === "atoms" || name === "charge" || targets.includes(name);
        return make("td", { className: name === "error" ? "error" : numeric ? "number" : "" }, String(row[`${name} shown`] ?? row[name] ?? ""));
      }))));
      this.count.textContent = `${kept.length} of ${this.rows.length} rows`;
    }
  }
  const digits = (value, most = 3) => {
    if (value == null) return "-";
    return Math.abs(value) < 1e-3 && value !== 0 ? value.toExponential(0) : Number(value.toPrecision(most)).toString();
  };
  const csv = (rows) => {
    const columns = [...new Set(rows.flatMap(Object.keys))];
    const cell = (value) => {
      let text = value == null ? "" : Array.isArray(value) ? value.join("; ") : String(value);
      if (typeof value === "string" && /^[=@+\-\t\r]/.test(text)) text = `'${text}`; // no formula for a spreadsheet
      return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
    };
    return [columns, ...rows.map((row) => columns.map((name) => row[name]))].map((line) => line.map(cell).join(",")).join("\r\n") + "\r\n";
  };

  // ---- files come by dropping and choosing ----
  const entries = async (entry, path = "") => {
    if (entry.isFile) {
      const file = await new Promise((resolve, reject) => entry.file(resolve, reject));
      file.path = path + file.name;
      return [file];
    }
    const reader = entry.createReader(), found = [];
    for (;;) {
      const some = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
      if (some.length === 0) break;
      for (const each of some) found.push(...await entries(each, `${path}${entry.name}/`));
    }
    return found;
  };
  const dropped = async (event) => {
    const items = [...event.dataTransfer.items].map((item) => item.webkitGetAsEntry?.()).filter(Boolean);
    if (!items.some((item) => item.isDirectory)) return [...event.dataTransfer.files];
    return (await Promise.all(items.map((item) => entries(item)))).flat().filter((file) => kinds.test(file.name));
  };
  const dropzone = (zone, onFiles) => {
    zone.addEventListener("dragover", (event) => { event.preventDefault(); zone.classList.add("over"); });
    zone.addEventListener("dragleave", () => zone.classList.remove("over"));
    zone.addEventListener("drop", async (event) => {
      event.preventDefault();
      event.stopPropagation();
      zone.classList.remove("over");
      onFiles(await dropped(event));
    });
  };
  const chooser = (input, onFiles) => input.addEventListener("change", () => {
    const chosen = [...input.files];
    for (const file of chosen) if (file.webkitRelativePath) file.path = file.webkitRelativePath;
    input.value = "";
    if (chosen.length) onFiles(chosen);
  });
  const only = (chosen) => chosen.filter((file) => kinds.test(file.name));
  dropzone($("drop"), take);
  chooser($("files"), take);
  chooser($("folder"), (chosen) => take(only(chosen)));
  $("drop").addEventListener("submit", (event) => { event.preventDefault(); if (files.length) read(); });
  const beside = (chosen) => take([files[0], chosen[0]]);
  dropzone($("second"), beside);
  chooser($("other"), beside);
  $("second").addEventListener("submit", (event) => event.preventDefault());
  // A file that misses the frame shall not replace the page.
  for (const kind of ["dragover", "drop"]) document.addEventListener(kind, (event) => event.preventDefault());

  // ---- formula and bench ----
  const shown = (name) => (stage, result) => {
    const made = document.createElement("template");
    made.innerHTML = result.html; // made by the server's templates, which escape everything
    $(name).replaceChildren(made.content);
    clusterView.wireDownloads($(name), () => result.downloads ?? []);
  };
  const pairsOf = (form) => {
    const data = new FormData();
    for (const input of form.querySelectorAll("input[name], select[name]")) {
      if (input.disabled || input.closest("fieldset")?.disabled || input.value.trim() === "") continue;
      const values = "many" in input.dataset ? input.value.split(",") : [input.value];
      for (const value of values) data.append(input.name, value.trim());
    }
    return data;
  };
  $("ask-formula").addEventListener("submit", (event) => {
    event.preventDefault();
    follow("formula", "/page/formula", pairsOf(event.target), { words: ["Looking up ...", ""], onStage: shown("formula") });
  });
  let tableFile = null;
  const takeTable = ([file]) => { tableFile = file; $("tablename").textContent = file.name; $("pasted").value = ""; };
  chooser($("tablefile"), takeTable);
  dropzone($("ask-bench"), takeTable);
  $("pasted").addEventListener("input", () => { tableFile = null; $("tablename").textContent = ""; });
  $("fit").addEventListener("change", () => {
    for (const set of document.querySelectorAll("fieldset[data-fit]")) {
      set.hidden = set.disabled = set.dataset.fit !== $("fit").value;
    }
    $("table").hidden = $("fit").value === "rates";
  });
  $("ask-bench").addEventListener("submit", (event) => {
    event.preventDefault();
    const data = pairsOf(event.target), which = $("fit").value;
    const file = tableFile ?? ($("pasted").value.trim() ? new File([$("pasted").value], "pasted.csv") : null);
    if (file && which !== "rates") data.append("file", file, file.name);
    follow("bench", `/page/${which}`, data, { words: ["Fitting ...", ""], onStage: shown("bench") });
  });

  // ---- runs ----
  const aboutRuns = (what, runs, place) => {
    const data = new FormData();
    data.append("what", what);
    for (const run of runs) data.append("run", run);
    return follow("runs", "/page/runs", data, { words: ["Reading the record ...", ""], onStage: (stage, result, job) => {
      shown(place)(stage, result);
      if (result.report) {
        const frame = make("iframe", { src: `/api/jobs/${job}/report.html`, title: "Comparison of runs" });
        frame.setAttribute("sandbox", "allow-scripts allow-downloads");
        $(place).append(frame);
      }
      for (const button of $(place).querySelectorAll("button[data-run]")) {
        button.addEventListener("click", () => aboutRuns(button.dataset.what, [button.dataset.run], "run"));
      }
    } });
  };
  $("list-runs").addEventListener("click", () => aboutRuns("list", [], "runs"));
  $("compare-runs").addEventListener("click", () => {
    const chosen = [...document.querySelectorAll("#runs input:checked")].map((input) => input.value);
    if (chosen.length < 2) return complain("runs", "Choose two runs or more.");
    aboutRuns("compare", chosen, "run");
  });

  // ---- tabs, by mouse and by arrow keys ----
  const tabs = [...document.querySelectorAll("[role=tab]")];
  const open = (tab) => {
    for (const each of tabs) {
      const chosen = each === tab;
      each.setAttribute("aria-selected", String(chosen));
      each.tabIndex = chosen ? 0 : -1;
      $(each.getAttribute("aria-controls")).hidden = !chosen;
    }
    history.replaceState(null, "", `#${tab.id.slice(4)}`);
    if (tab.id === "tab-runs" && !$("runs").childElementCount) aboutRuns("list", [], "runs");
  };
  tabs.forEach((tab, place) => {
    tab.addEventListener("click", () => open(tab));
    tab.addEventListener("keydown", (event) => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (!step) return;
      const next = tabs[(place + step + tabs.length) % tabs.length];
      open(next);
      next.focus();
    });
  });
  const asked = tabs.find((tab) => tab.id === `tab-${location.hash.slice(1)}`);
  if (asked) open(asked);
  document.documentElement.dataset.page = "ready";
})();
