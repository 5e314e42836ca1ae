"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const root = document.documentElement;
  const KEPT = "#0072b2", MISSED = "#d55e00", INK = "#1b2430", SOFT = "#5b6675", LINE = "#e1e4e8", PALE = "#b9c6d3";
  const PAGE = 25, FEW = 10;
  const words = {
    all: { zh: "全部", en: "all" }, due: { zh: "应于", en: "due" }, happened: { zh: "实际", en: "done" },
    arithmetic: { zh: "算法", en: "arithmetic" }, clauses: { zh: "条款", en: "clauses" }, rules: { zh: "规则", en: "rules" },
    rests: { zh: "依据的假定", en: "rests on" }, rows: { zh: "证据行", en: "evidence rows" }, hash: { zh: "行的散列", en: "hash of the row" },
    of: { zh: (a, b, n) => `第 ${a}–${b} 项，共 ${n} 项`, en: (a, b, n) => `${a}–${b} of ${n}` },
    none: { zh: "没有符合的", en: "none" }, record: { zh: "记录", en: "record" }, event: { zh: "事件", en: "events" },
    flow: { zh: (d, n, u) => `${n} 件中 ${d} 件不一致${u ? `；另有 ${u} 件未能判定` : ""}`, en: (d, n, u) => `${d} of ${n} differ${u ? `; ${u} more could not be decided` : ""}` },
    missed: { zh: "逾期", en: "missed" }, judged: { zh: "判断", en: "judged" }, share: { zh: "逾期率", en: "share" }, late: { zh: "平均逾期", en: "late by" },
    rec: { zh: "记录：", en: "recorded: " }, owed: { zh: "应为：", en: "owed: " }, kept: { zh: "按时", en: "kept" },
    empty: { zh: "（空白）", en: "(blank)" },
  };
  let lang = root.dataset.lang, deadline = null, owner = null, flow = null, page = 0;
  const w = (name) => words[name][lang];
  const names = (name) => ({ "data-zh": words[name].zh, "data-en": words[name].en });
  const $ = (id) => document.getElementById(id);
  const number = (n) => n.toLocaleString("en-US");
  const percent = (x) => (100 * x).toFixed((x > 0 && x < 0.1) || (x > 0.99 && x < 1) ? 1 : 0) + "%";

  // All text goes into the page as text, never as markup.
  const make = (tag, attributes, ...children) => {
    const element = document.createElement(tag);
    for (const [key, value] of Object.entries(attributes || {})) {
      if (key === "class") element.className = value; else element.setAttribute(key, value);
    }
    element.append(...children.filter((c) => c !== null && c !== undefined && c !== ""));
    return element;
  };

  const pick = (where, choices, chosen, choose) => {
    if (!$(where)) return;
    $(where).replaceChildren(...choices.map(([key, label]) => {
      const button = make("button", { type: "button", "aria-pressed": String(key === chosen) }, label);
      button.addEventListener("click", () => choose(key));
      return button;
    }));
  };
  const labelOf = (name) => data.deadlines.find((d) => d.name === name).label[lang];

  // --- charts --------------------------------------------------------------------------------------
  const font = getComputedStyle(document.body).fontFamily;
  const chart = (id) => ($(id) ? echarts.getInstanceByDom($(id)) || echarts.init($(id), null, { renderer: "svg" }) : null);
  const decal = { symbol: "rect", dashArrayX: [1, 0], dashArrayY: [2, 4], rotation: -Math.PI / 4, color: "rgba(255,255,255,.55)" };
  const tip = (trigger) => ({ trigger, renderMode: "richText", confine: true, backgroundColor: "#fff", borderColor: LINE, textStyle: { color: INK, fontFamily: font, fontSize: 13 } });

  // A stretch without any complaint takes the room of one month, and says so.
  const withGaps = (months) => months.flatMap((m, i) => {
    const at = (x) => Number(x.month.slice(0, 4)) * 12 + Number(x.month.slice(5));
    const gap = i > 0 && at(m) - at(months[i - 1]) > 1;
    return gap ? [{ month: "…", kept: 0, missed: 0, gap: true }, m] : [m];
  });
  const drawMonths = () => {
    const limits = Object.keys(data.months);
    if (!limits.length) return;
    deadline = deadline || limits[0];
    pick("pick-months", limits.map((n) => [n, labelOf(n)]), deadline, (n) => { deadline = n; drawMonths(); });
    const months = withGaps(data.months[deadline]);
    const rate = months.map((m) => (m.kept + m.missed >= FEW ? m.missed / (m.kept + m.missed) : null));
    chart("chart-months").setOption({
      animation: false, textStyle: { fontFamily: font }, grid: { left: 4, right: 4, top: 26, bottom: 4, containLabel: true },
      tooltip: { ...tip("axis"), formatter: (ps) => {
        const m = months[ps[0].dataIndex], all = m.kept + m.missed;
        if (m.gap) return "…";
        return `${m.month}\n${w("kept")} ${number(m.kept)}\n${w("missed")} ${number(m.missed)}${all ? ` (${percent(m.missed / all)})` : ""}`;
      } },
      xAxis: { type: "category", data: months.map((m, i) => (m.gap ? "…" + "\u200b".repeat(i) : m.month)), axisLine: { lineStyle: { color: LINE } }, axisTick: { show: false }, axisLabel: { color: SOFT, hideOverlap: true } },
      yAxis: [
        { type: "value", minInterval: 1, axisLabel: { color: SOFT }, splitLine: { lineStyle: { color: "#eef0f2" } } },
        { type: "value", min: 0, max: (v) => Math.min(1, Math.max(0.1, Math.ceil(v.max * 10) / 10)), axisLabel: { color: SOFT, formatter: (v) => Math.round(v * 100) + "%" }, splitLine: { show: false } },
      ],
      series: [
        { type: "bar", name: "kept", stack: "n", data: months.map((m) => m.kept), itemStyle: { color: KEPT }, barMaxWidth: 34 },
        { type: "bar", name: "missed", stack: "n", data: months.map((m) => m.missed), itemStyle: { color: MISSED, decal } },
        { type: "line", name: "rate", yAxisIndex: 1, data: rate, symbol: "circle", symbolSize: 7, connectNulls: false, lineStyle: { color: INK, width: 2 }, itemStyle: { color: "#fff", borderColor: INK, borderWidth: 2 } },
      ],
    }, true);
  };

  const drawFlows = () => {
    if (!data.flows.length) return;
    flow = flow || data.flows[0].decision;
    pick("pick-flows", data.flows.map((f) => [f.decision, f.label[lang]]), flow, (n) => { flow = n; drawFlows(); });
    const f = data.flows.find((x) => x.decision === flow);
    $("flow-note").textContent = words.flow[lang](number(f.differs), number(f.compared), f.undecided ? number(f.undecided) : 0);
    const left = [...new Set(f.links.map((l) => l.text))], right = [...new Set(f.links.map((l) => l.owed[lang]))];
    const total = (side, name) => f.links.filter((l) => (side ? l.owed[lang] : l.text) === name).reduce((n, l) => n + l.count, 0);
    const show = (name) => (name === "" ? w("empty") : name.length > 38 ? name.slice(0, 36) + "…" : name);
    const plain = (p) => (p.dataType === "edge" ? `${show(p.data.source.slice(2))} → ${show(p.data.target.slice(2))}\n${number(p.value)}` : `${show(p.name.slice(2))}\n${number(p.value)}`);
    const narrow = $("chart-flows").clientWidth < 560;
    chart("chart-flows").setOption({
      animation: false, textStyle: { fontFamily: font }, tooltip: { ...tip("item"), formatter: plain },
      series: [{
        type: "sankey", left: 0, right: narrow ? 96 : 170, top: 12, bottom: 12, nodeWidth: 12, nodeGap: 16, draggable: false, layoutIterations: 0, emphasis: { focus: "adjacency" },
        label: { color: INK, fontSize: narrow ? 11 : 13, fontFamily: font, width: narrow ? 190 : 230, overflow: "truncate", formatter: (p) => `${show(p.name.slice(2))}  ${number(total(p.name[0] === "r" ? 1 : 0, p.name.slice(2)))}` },
        data: [
          ...left.map((n) => ({ name: "l:" + n, itemStyle: { color: f.links.some((l) => l.text === n && !l.agrees) ? MISSED : KEPT } })),
          ...right.map((n) => ({ name: "r:" + n, itemStyle: { color: "#475362" } })),
        ],
        links: f.links.map((l) => ({ source: "l:" + l.text, target: "r:" + l.owed[lang], value: l.count, lineStyle: { color: l.agrees ? PALE : MISSED, opacity: l.agrees ? 0.5 : 0.75, curveness: 0.5 } })),
      }],
    }, true);
  };

  // --- owners --------------------------------------------------------------------------------------
  const share = (x) => make("div", { class: "share" }, make("div", { class: "track" }, make("i", { style: `width:${(100 * x).toFixed(2)}%` })), make("span", null, percent(x)));
  const drawOwners = () => {
    if (!data.owners.length) return;
    const limits = [...new Set(data.owners.map((o) => o.deadline))];
    const most = limits.map((n) => [data.owners.filter((o) => o.deadline === n).length, n]).sort((a, b) => b[0] - a[0]);
    owner = owner || most[0][1];
    pick("pick-owners", limits.map((n) => [n, labelOf(n)]), owner, (n) => { owner = n; drawOwners(); });
    $("owner-rows").replaceChildren(...data.owners.filter((o) => o.deadline === owner).slice(0, 12).map((o) => make("tr", null,
      make("td", { class: "first" }, o.owner[lang] || "—"), make("td", { class: "n", ...names("missed") }, number(o.missed)),
      make("td", { class: "n", ...names("judged") }, number(o.judged)), make("td", { class: "w", ...names("share") }, share(o.rate)),
      make("td", { class: "n", ...names("late") }, o.late ? o.late[lang] : make("span", { class: "dim" }, "—")))));
  };

  // --- findings ------------------------------------------------------------------------------------
  const kindLabel = (kind) => data.kinds.find((k) => k.kind === kind).label[lang];
  const filters = { kind: "", name: "", owner: "", text: "" };
  const fill = (id, key, choices) => {
    const select = $(id);
    select.replaceChildren(make("option", { value: "" }, w("all")), ...choices.map(([v, label]) => make("option", { value: v }, label)));
    select.value = filters[key];
  };
  const nameLabel = new Map();
  for (const k of data.kinds) for (const p of k.parts) nameLabel.set(k.kind + "/" + p.name, p.label);
  const fillFilters = () => {
    fill("f-kind", "kind", data.kinds.map((k) => [k.kind, `${k.label[lang]} (${number(k.count)})`]));
    const kinds = data.kinds.filter((k) => !filters.kind || k.kind === filters.kind);
    fill("f-name", "name", kinds.flatMap((k) => k.parts.map((p) => [k.kind + "/" + p.name, p.label[lang]])));
    const counted = new Map();
    for (const f of data.findings) if (f["owner_" + lang]) counted.set(f["owner_" + lang], (counted.get(f["owner_" + lang]) || 0) + 1);
    const owners = [...counted].sort((a, b) => b[1] - a[1] || a[0].localeCompare(b[0]));
    fill("f-owner", "owner", owners.map(([o, n]) => [o, `${o} (${number(n)})`]));
  };
  const matching = () => {
    const text = filters.text.trim().toLowerCase();
    return data.findings.filter((f) => (!filters.kind || f.kind === filters.kind) && (!filters.name || f.kind + "/" + f.name === filters.name)
      && (!filters.owner || f["owner_" + lang] === filters.owner)
      && (!text || [f.complaint, f["says_" + lang], f["owner_" + lang], f.clauses, f.due].some((t) => t.toLowerCase().includes(text))));
  };
  const term = (name, ...said) => [make("dt", null, w(name)), make("dd", null, ...said)];
  const clauseLines = (ids) => ids.split(" ").filter(Boolean).map((id) => {
    const clause = data.clauses[id];
    return make("div", null, make("code", null, id), clause ? ` ${clause.at} — ${clause[lang]}` : "");
  });
  const restLine = (name) => {
    const p = data.rests_on.find((x) => x.name === name);
    return make("div", null, make("code", null, name), p ? ` ${p.label[lang]}: ${p.value[lang]}` : "");
  };
  const detail = (f) => make("tr", null, make("td", { colspan: "5" }, make("div", { class: "more" }, make("dl", null,
    ...(f.due ? term("due", f.due) : []), ...(f.happened ? term("happened", f.happened) : []),
    ...(f["arithmetic_" + lang] ? term("arithmetic", ...f["arithmetic_" + lang].split("; ").map((line) => make("div", null, line))) : []),
    ...(f.clauses ? term("clauses", ...clauseLines(f.clauses)) : []), ...(f.rules ? term("rules", make("code", null, f.rules)) : []),
    ...(f.rests_on ? term("rests", ...f.rests_on.split(" ").map(restLine)) : []),
    ...term("rows", `${w("record")} ${f.row}${f.event_rows ? ` · ${w("event")} ${f.event_rows}` : ""}`),
    ...term("hash", make("span", { class: "hash" }, f.row_sha256))))));
  const drawFindings = () => {
    const found = matching(), last = Math.max(0, Math.ceil(found.length / PAGE) - 1);
    page = Math.min(page, last);
    const shown = found.slice(page * PAGE, (page + 1) * PAGE);
    $("rows").replaceChildren(...shown.map((f) => {
      const mark = make("td", { class: "mark" }, "+");
      const row = make("tr", { class: "one", tabindex: "0", "aria-expanded": "false" }, mark, make("td", null, f.complaint), make("td", null, make("span", { class: "tag" }, kindLabel(f.kind))), make("td", null, f["owner_" + lang]), make("td", { class: "says" }, f["says_" + lang]));
      const toggle = () => {
        const opened = row.classList.toggle("open");
        mark.textContent = opened ? "–" : "+";
        row.setAttribute("aria-expanded", String(opened));
        if (opened) row.after(detail(f)); else row.nextSibling.remove();
      };
      row.addEventListener("click", toggle);
      row.addEventListener("keydown", (e) => { if (e.key === "Enter" || e.key === " ") { e.preventDefault(); toggle(); } });
      return row;
    }));
    $("count").textContent = found.length ? words.of[lang](number(page * PAGE + 1), number(page * PAGE + shown.length), number(found.length)) : w("none");
    $("back").disabled = page === 0;
    $("next").disabled = page >= last;
  };
  for (const [id, key] of [["f-kind", "kind"], ["f-name", "name"], ["f-owner", "owner"], ["f-text", "text"]]) {
    $(id).addEventListener("input", () => {
      filters[key] = $(id).value;
      if (key === "kind") { filters.name = ""; fillFilters(); }
      page = 0;
      drawFindings();
    });
  }
  $("back").addEventListener("click", () => { page -= 1; drawFindings(); });
  $("next").addEventListener("click", () => { page += 1; drawFindings(); });

  // --- the page ------------------------------------------------------------------------------------
  const draw = () => { drawMonths(); drawFlows(); drawOwners(); fillFilters(); drawFindings(); };
  const speak = (chosen) => {
    lang = chosen;
    root.dataset.lang = chosen;
    root.lang = chosen === "zh" ? "zh-CN" : "en";
    filters.owner = "";
    for (const b of document.querySelectorAll("[data-set]")) b.setAttribute("aria-pressed", String(b.dataset.set === chosen));
    draw();
  };
  for (const b of document.querySelectorAll("[data-set]")) b.addEventListener("click", () => speak(b.dataset.set));
  const resize = () => { for (const id of ["chart-months", "chart-flows"]) { const c = $(id) && echarts.getInstanceByDom($(id)); if (c) c.resize(); } };
  addEventListener("resize", () => { resize(); drawFlows(); });
  addEventListener("beforeprint", resize);
  speak(lang);
})();
