// Tables as CSV, and two synchronised 3D views. Everything it needs is in this page.
"use strict";
(() => {
  const read = (id) => JSON.parse(document.getElementById(id).textContent);
  const tables = read("tables");
  for (const button of document.querySelectorAll("button[data-table]")) {
    button.addEventListener("click", () => {
      const { name, csv } = tables[button.dataset.table];
      const link = document.createElement("a");
      link.href = URL.createObjectURL(new Blob([csv], { type: "text/csv" }));
      link.download = name;
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 1000);
    });
  }

  const state = document.documentElement.dataset;
  const ground = () => getComputedStyle(document.documentElement).getPropertyValue("--view").trim() || "white";
  const library = async () => {
    const packed = Uint8Array.from(atob(document.getElementById("library").textContent.trim()), (c) => c.charCodeAt(0));
    const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
    const script = document.createElement("script");
    script.textContent = await new Response(stream).text();
    document.head.append(script);
  };

  // Blue below zero, white at zero, red above; `scale` is the value of full colour.
  const diverging = (value, scale) => {
    const t = Math.max(-1, Math.min(1, scale > 0 ? value / scale : 0));
    const fade = (full) => Math.round(255 + (full - 255) * Math.abs(t));
    const [r, g, b] = t < 0 ? [33, 102, 172] : [178, 24, 43];
    return `rgb(${fade(r)},${fade(g)},${fade(b)})`;
  };
  const tidy = (value) => (value >= 0 ? "+" : "\u2212") + Math.abs(value).toPrecision(2);

  const draw = async () => {
    await library();
    const scene = read("scene");
    const colour = document.getElementById("colour");
    const hydrogen = document.getElementById("hydrogen");
    const legend = document.getElementById("legend");
    const marked = document.getElementById("marked");
    const viewers = scene.clusters.map((cluster, side) => {
      const box = document.getElementById(`view-${side}`);
      const still = box.innerHTML;
      box.innerHTML = "";
      const viewer = $3Dmol.createViewer(box, { backgroundColor: ground(), antialias: true, disableFog: false });
      if (!viewer) {
        box.innerHTML = still;
        throw new Error("no WebGL");
      }
      const atoms = cluster.elements.map((elem, k) => ({
        elem, serial: k, index: k, x: cluster.xyz[3 * k], y: cluster.xyz[3 * k + 1], z: cluster.xyz[3 * k + 2],
        bonds: cluster.bonds[k], bondOrder: cluster.bonds[k].map(() => 1), properties: { k },
      }));
      const model = viewer.addModel();
      model.addAtoms(atoms);
      model.setStyle({}, {});
      viewer.setHoverable({}, true, (atom) => {
        const k = atom.properties.k;
        const shares = Object.entries(cluster.atoms).map(([name, v]) => `${name} ${tidy(v[k])}`);
        viewer.removeAllLabels();
        viewer.addLabel([cluster.labels[k], cluster.parts[k], ...shares].join("  "),
          { position: atom, fontSize: 12, backgroundOpacity: 0.75 });
        viewer.render();
      }, () => { viewer.removeAllLabels(); viewer.render(); });
      return viewer;
    });

    const painter = () => {
      const mode = colour.value;
      if (mode === "element") {
        const seen = [...new Set(scene.clusters.flatMap((c) => c.elements))].filter((e) => e !== "H" || hydrogen.checked);
        return [(c, k) => scene.elements[c.elements[k]], seen.map((e) => [e, scene.elements[e]])];
      }
      if (mode === "part") {
        const seen = Object.keys(scene.parts).filter((p) => scene.clusters.some((c) => c.parts.includes(p)));
        return [(c, k) => scene.parts[c.parts[k]], seen.map((p) => [p, scene.parts[p]])];
      }
      if (mode === "partner") {
        return [(c, k) => (c.alone.includes(k) ? scene.mark : c.core.includes(k) ? "#5d8fc4" : "#c9ced4"),
          [["no partner in the other", scene.mark], ["matched", "#5d8fc4"], ["outside the core", "#c9ced4"]]];
      }
      const [kind, channel] = [mode.slice(0, mode.indexOf(" ")), mode.slice(mode.indexOf(" ") + 1)];
      const unit = scene.units[channel];
      if (kind === "share") {
        const shares = scene.shares[channel];
        const scale = Math.max(...Object.values(shares).map(Math.abs), 1e-12);
        return [(c, k) => diverging(shares[c.parts[k]] ?? 0, scale),
          Object.entries(shares).map(([p, v]) => [`${p} ${tidy(v)} ${unit}`, diverging(v, scale)])];
      }
      const scale = Math.max(...scene.clusters.flatMap((c) => c.atoms[channel].map(Math.abs)), 1e-12);
      return [(c, k) => diverging(c.atoms[channel][k], scale),
        [-1, 0, 1].map((t) => [`${tidy(t * scale)} ${unit}`, diverging(t, 1)])];
    };

    const anyAlone = scene.clusters.some((c) => c.alone.length);
    marked.parentElement.hidden = !anyAlone;
    // A shell round each atom that has no counterpart, whatever the colours say.
    const shells = (viewer, cluster) => {
      viewer.removeAllShapes();
      if (!marked.checked) return;
      for (const k of cluster.alone) {
        const center = { x: cluster.xyz[3 * k], y: cluster.xyz[3 * k + 1], z: cluster.xyz[3 * k + 2] };
        viewer.addSphere({ center, radius: cluster.metal[k] ? 1.05 : 0.75, color: scene.mark, alpha: 0.55 });
      }
    };

    const paint = () => {
      const [of, entries] = painter();
      const shown = anyAlone && marked.checked ? [...entries, ["no counterpart in the other", null]] : entries;
      legend.replaceChildren(...shown.map(([name, value]) => {
        const span = document.createElement("span");
        const dot = document.createElement("i");
        if (value === null) dot.style.border = `3px solid ${scene.mark}`;
        else dot.style.background = value;
        span.append(dot, name);
        return span;
      }));
      viewers.forEach((viewer, side) => {
        const cluster = scene.clusters[side];
        shells(viewer, cluster);
        cluster.elements.forEach((elem, k) => {
          const color = of(cluster, k);
          const shown = elem !== "H" || hydrogen.checked || cluster.core.includes(k);
          const style = !shown ? {} : cluster.metal[k] ? { sphere: { radius: 0.75, color }, stick: { radius: 0.09, color } }
            : cluster.core.includes(k) ? { sphere: { radius: 0.48, color }, stick: { radius: 0.09, color } }
            : { stick: { radius: 0.07, color }, sphere: { radius: 0.16, color } };
          viewer.setStyle({ serial: k }, style);
        });
        viewer.render();
      });
      state.painted = colour.value;
    };

    viewers.forEach((viewer) => viewer.zoomTo());
    viewers[1].setView(viewers[0].getView());
    viewers[0].linkViewer(viewers[1]);
    viewers[1].linkViewer(viewers[0]);
    for (const control of [colour, hydrogen, marked]) control.addEventListener("change", paint);
    document.getElementById("reset").addEventListener("click", () => {
      viewers[0].zoomTo();
      viewers.forEach((viewer) => viewer.render());
    });
    document.getElementById("tools").hidden = false;
    paint();
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => viewers.forEach((viewer) => {
      viewer.setBackgroundColor(ground());
      viewer.render();
    }));
    window.addEventListener("resize", () => viewers.forEach((viewer) => { viewer.resize(); viewer.render(); }));
    state.views = "ready";
  };

  draw().catch((error) => {
    state.views = "failed";
    document.getElementById("legend").textContent = `The 3D views cannot be shown here (${error.message}).`;
  });
})();
