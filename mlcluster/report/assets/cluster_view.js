// 3D views of clusters and the buttons around them, for the open page and for reports. Needs 3Dmol.js for the views.
"use strict";
const clusterView = (() => {
  const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

  // Draw one cluster of a scene into a box; gives what turns, paints and marks it.
  const draw = (box, scene) => {
    const cluster = scene.clusters[0];
    const frame = box.closest(".seen") ?? document;
    const colour = frame.querySelector(".colour"), hydrogen = frame.querySelector(".hydrogen");
    const legend = frame.querySelector(".legend");
    const still = [...box.childNodes];
    box.replaceChildren();
    let viewer = null;
    try {
      viewer = $3Dmol.createViewer(box, { backgroundColor: css("--view") || "white", antialias: true, disableFog: true });
    } catch { /* no WebGL: told below */ }
    if (!viewer) {
      box.replaceChildren(...still);
      legend.textContent = "The 3D view cannot be shown here: the browser has no WebGL.";
      box.dataset.state = "failed";
      return null;
    }
    const atoms = cluster.elements.map((elem, k) => ({
      elem, serial: k, index: k, x: cluster.xyz[3 * k], y: cluster.xyz[3 * k + 1], z: cluster.xyz[3 * k + 2],
      bonds: cluster.bonds[k], bondOrder: cluster.bonds[k].map(() => 1), properties: { k },
    }));
    viewer.addModel().addAtoms(atoms);
    viewer.setHoverable({}, true, (atom) => {
      const k = atom.properties.k;
      viewer.removeAllLabels();
      viewer.addLabel(`${cluster.labels[k]}  ${cluster.elements[k]}, ${cluster.parts[k]}`,
        { position: atom, fontSize: 12, backgroundOpacity: 0.75 });
      viewer.render();
    }, () => { viewer.removeAllLabels(); viewer.render(); });

    const marked = new Set();
    const core = new Set(cluster.core);
    const paint = () => {
      const byPart = colour.value === "part";
      const of = byPart ? (k) => scene.parts[cluster.parts[k]] : (k) => scene.elements[cluster.elements[k]];
      const keys = byPart ? cluster.parts : cluster.elements;
      const counts = new Map();
      keys.forEach((key, k) => {
        if (hydrogen.checked || cluster.elements[k] !== "H") counts.set(key, (counts.get(key) ?? 0) + 1);
      });
      legend.replaceChildren(...[...counts].map(([key, n]) => {
        const item = document.createElement("li"), dot = document.createElement("i");
        dot.style.background = (byPart ? scene.parts : scene.elements)[key];
        item.append(dot, `${n} ${key}`);
        return item;
      }));
      const alike = new Map(); // atoms by their style: setting it once for all of them takes a fraction of the time
      cluster.elements.forEach((elem, k) => {
        const color = marked.has(k) ? "#d11a2a" : of(k);
        const shown = elem !== "H" || hydrogen.checked || core.has(k) || marked.has(k);
        const radius = marked.has(k) ? 0.95 : cluster.metal[k] ? 0.75 : core.has(k) ? 0.48 : 0.16;
        const stick = cluster.metal[k] || core.has(k) ? 0.09 : 0.07;
        const style = shown ? { sphere: { radius, color }, stick: { radius: stick, color } } : {};
        const key = JSON.stringify(style);
        if (!alike.has(key)) alike.set(key, [style, []]);
        alike.get(key)[1].push(k);
      });
      for (const [style, serial] of alike.values()) viewer.setStyle({ serial }, style);
      viewer.render();
      box.dataset.painted = colour.value;
    };
    const mark = (wanted) => {
      marked.clear();
      for (const k of wanted) marked.add(k);
      box.dataset.marked = wanted.map((k) => cluster.labels[k]).join(" ");
      paint();
      viewer.removeAllLabels();
      for (const k of wanted.slice(0, 12)) {
        viewer.addLabel(cluster.labels[k], { position: atoms[k], fontSize: 12, backgroundOpacity: 0.75 }, undefined, true);
      }
      viewer.render();
    };
    const reset = () => { mark([]); viewer.zoomTo(); viewer.render(); };
    const keys = {
      ArrowLeft: () => viewer.rotate(-10, "y"), ArrowRight: () => viewer.rotate(10, "y"),
      ArrowUp: () => viewer.rotate(-10, "x"), ArrowDown: () => viewer.rotate(10, "x"),
      "+": () => viewer.zoom(1.15), "=": () => viewer.zoom(1.15), "-": () => viewer.zoom(0.87), Home: reset,
    };
    box.addEventListener("keydown", (event) => {
      if (!keys[event.key]) return;
      event.preventDefault();
      keys[event.key]();
      viewer.render();
    });
    for (const control of [colour, hydrogen]) control.addEventListener("change", paint);
    frame.querySelector(".reset").addEventListener("click", reset);
    let size = `${box.clientWidth} ${box.clientHeight}`;
    new ResizeObserver(() => {
      const now = `${box.clientWidth} ${box.clientHeight}`;
      if (now === size || box.clientWidth === 0) return; // or its part of the page is not in sight
      size = now;
      viewer.resize();
      viewer.render();
    }).observe(box);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
      viewer.setBackgroundColor(css("--view") || "white");
      viewer.render();
    });
    viewer.zoomTo();
    paint();
    box.dataset.state = "ready";
    return { mark };
  };

  const save = (name, type, text) => {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([text], { type }));
    link.download = name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  };

  // Bring the views of a sheet to life, and the buttons that show atoms; downloads are asked for when they are wanted.
  const wire = (root, scenes) => {
    const views = new Map();
    for (const box of root.querySelectorAll("[data-view]")) {
      views.set(box.dataset.view, draw(box, scenes[box.dataset.view]));
    }
    for (const button of root.querySelectorAll("button.show")) {
      button.addEventListener("click", () => {
        const atoms = button.dataset.atoms.trim().split(" ").map((pair) => pair.split(":"));
        for (const [number, view] of views) view?.mark(atoms.filter(([k]) => k === number).map(([, atom]) => +atom));
        document.getElementById(`view-${atoms[0][0]}`)?.scrollIntoView({ block: "center" });
      });
    }
  };
  const wireDownloads = (root, of) => {
    for (const button of root.querySelectorAll("button[data-download]")) {
      button.addEventListener("click", () => {
        const { name, type, text } = of(+button.dataset.sheet)[+button.dataset.download];
        save(name, type, text);
      });
    }
  };
  return { wire, wireDownloads, save };
})();
