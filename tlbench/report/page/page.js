"use strict";
(function () {
  const root = document.documentElement;
  const byId = (id) => document.getElementById(id);

  // --- light and dark: the system's choice until the reader makes one ---
  const system = matchMedia("(prefers-color-scheme: dark)");
  let chosen = null;
  const dark = () => (chosen === null ? system.matches : chosen);
  function paint() {
    root.dataset.theme = dark() ? "dark" : "light";
    byId("theme").textContent = dark() ? "Light" : "Dark";
    byId("theme").setAttribute("aria-pressed", String(dark()));
    drawn.forEach((element) => draw(element));
  }
  byId("theme").addEventListener("click", () => { chosen = !dark(); paint(); });
  system.addEventListener("change", paint);

  // --- charts, drawn when they come into view ---
  const drawn = new Set();
  window.tlbenchViews = {};
  function colours() {
    const style = getComputedStyle(root);
    const ink = style.getPropertyValue("--ink").trim(), line = style.getPropertyValue("--line").trim();
    const text = { labelColor: ink, titleColor: ink };
    return {
      background: "transparent", font: "system-ui, sans-serif", text: { color: ink },
      axis: { ...text, gridColor: line, domainColor: line, tickColor: line },
      legend: text, header: text, title: { color: ink, subtitleColor: ink }, view: { stroke: "transparent" },
    };
  }
  function forEachLegend(part, change) {
    if (part === null || typeof part !== "object") return;
    for (const [key, value] of Object.entries(part)) {
      if (key === "legend" && value) change(value); else forEachLegend(value, change);
    }
  }
  function fitted(spec, width) {
    const copy = structuredClone(spec);
    if (copy.width === "container") {
      copy.width = Math.max((copy.usermeta || {}).leastWidth || 220, width - 4);
      copy.autosize = { type: "fit-x", contains: "padding" };
    }
    if (copy.spec && copy.spec.width) copy.spec.width = Math.max(180, Math.min(760, width - 110));
    if (copy.concat) {
      const beside = (copy.usermeta || {}).beside || 170;
      copy.columns = Math.max(1, Math.min(beside < 100 ? 4 : 3, Math.floor(width / (beside < 100 ? 300 : 360))));
      const each = Math.max(120, Math.min(320, width / copy.columns - beside));
      copy.concat.forEach((part) => { part.width = each; });
    }
    const narrow = width < 520;
    if (narrow && copy.config) copy.config.axis = { ...copy.config.axis, labelLimit: 130, titleLimit: width - 60, titleFontSize: 10 };
    if (narrow) {
      forEachLegend(copy, (legend) => { if (legend.columns) legend.columns = 2; });
      const title = (part) => part && part.axis && (part.axis.labelLimit = 130);
      (copy.layer || []).forEach((layer) => layer.encoding && title(layer.encoding.y));
    }
    return copy;
  }
  async function draw(element) {
    const spec = JSON.parse(byId(element.dataset.spec).textContent);
    const theme = colours();
    const sized = fitted(spec, element.clientWidth);
    const config = { ...sized.config, ...theme, axis: { ...sized.config.axis, ...theme.axis }, legend: { ...theme.legend, labelLimit: 200, columns: element.clientWidth < 520 ? 1 : 4 } };
    delete sized.config;
    try {
      const result = await vegaEmbed(element, sized, {
        config, renderer: "svg", tooltip: { theme: dark() ? "dark" : "light" },
        actions: { export: true, source: false, compiled: false, editor: false },
        downloadFileName: element.dataset.spec.slice(5),
      });
      window.tlbenchViews[element.dataset.spec.slice(5)] = result.view;
      drawn.add(element);
      element.dataset.drawn = root.dataset.theme;
    } catch (error) {
      element.textContent = "This chart cannot be drawn: " + error.message;
      console.error(error);
    }
  }
  window.tlbenchDrawAll = () => Promise.all([...document.querySelectorAll(".plot")].map(draw));
  const seen = new IntersectionObserver((entries) => {
    for (const entry of entries) {
      if (entry.isIntersecting) { seen.unobserve(entry.target); draw(entry.target); }
    }
  }, { rootMargin: "300px" });

  // --- the table: sort by any column, filter by text, scenario and verdict; a learning curve's page has none ---
  function wire(table) {
    const body = table.tBodies[0];
    const rows = [...body.rows];
    const heads = [...table.querySelectorAll("th")];
    const key = (row, i) => {
      const cell = row.cells[i];
      return cell.classList.contains("number") ? (cell.dataset.value === undefined ? null : Number(cell.dataset.value)) : cell.textContent;
    };
    function sort(i) {
      const up = heads[i].getAttribute("aria-sort") === "descending" ||
        (heads[i].getAttribute("aria-sort") === "none" && !heads[i].classList.contains("number"));
      heads.forEach((head, j) => head.setAttribute("aria-sort", i === j ? (up ? "ascending" : "descending") : "none"));
      const order = rows.slice().sort((a, b) => {
        const x = key(a, i), y = key(b, i);
        if (x === null || y === null) return (x === null) - (y === null);
        const found = typeof x === "number" ? x - y : x.localeCompare(y);
        return up ? found : -found;
      });
      body.append(...order);
    }
    heads.forEach((head, i) => head.querySelector("button").addEventListener("click", () => sort(i)));
    function filter() {
      const text = byId("filter-text").value.toLowerCase();
      const scenario = byId("filter-scenario").value, verdict = byId("filter-verdict").value;
      let shown = 0;
      for (const row of rows) {
        const fits = (!text || row.textContent.toLowerCase().includes(text)) &&
          (!scenario || row.dataset.scenario === scenario) && (!verdict || row.dataset.verdict === verdict);
        row.hidden = !fits;
        shown += fits;
      }
      byId("filter-count").textContent = shown + " of " + rows.length + " rows";
    }
    ["filter-text", "filter-scenario", "filter-verdict"].forEach((id) => byId(id).addEventListener("input", filter));
    filter();
  }

  byId("download").addEventListener("click", (event) => {
    const blob = new Blob([byId("report-json").textContent], { type: "application/json" });
    event.currentTarget.href = URL.createObjectURL(blob);
  });

  paint();
  if (byId("verdicts")) wire(byId("verdicts"));
  document.querySelectorAll(".plot").forEach((element) => seen.observe(element));
  let width = innerWidth, waiting = null;
  addEventListener("resize", () => {
    if (innerWidth === width) return;
    width = innerWidth;
    clearTimeout(waiting);
    waiting = setTimeout(() => drawn.forEach((element) => draw(element)), 200);
  });
  window.tlbenchReady = performance.now();
})();
