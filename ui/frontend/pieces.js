// Pictures cut into pieces: point at one, read its effect, hide it, watch the answer change.
//
// `data.part` says what is drawn: "look" (for the pictures on the page), "table" (a row a piece), "try" (pieces can be hidden)
// or "film" (pieces vanish one after another). Parts about the same explanation (`data.id`) light up together.

const POINTED = "xai-piece"

const make = (tag, attributes = {}, ...children) => {
  const element = document.createElementNS(
    ["svg", "path"].includes(tag) ? "http://www.w3.org/2000/svg" : "http://www.w3.org/1999/xhtml", tag)
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element[name] = value
    else if (name === "style") Object.assign(element.style, value)
    else if (value !== null && value !== false) element.setAttribute(name, value === true ? "" : value)
  }
  element.append(...children.filter(child => child !== null))
  return element
}

/** The label under every pixel, row by row, from pairs (label, how many pixels). */
const decoded = (runs, size) => {
  const labels = new Uint16Array(size)
  let at = 0
  for (let i = 0; i < runs.length; i += 2) at = labels.fill(runs[i], at, at + runs[i + 1]) && at + runs[i + 1]
  return labels
}

/** Pieces of an image `width` pixels wide: which one lies where, and their shapes as SVG paths. */
class Pieces {
  constructor(runs, width, height) {
    Object.assign(this, { width, height, labels: decoded(runs, width * height), borders: new Map(), areas: new Map() })
  }
  at(event, element) {
    const box = element.getBoundingClientRect()
    const x = Math.floor((event.clientX - box.left) / box.width * this.width)
    const y = Math.floor((event.clientY - box.top) / box.height * this.height)
    return x < 0 || y < 0 || x >= this.width || y >= this.height ? null : this.labels[y * this.width + x]
  }
  border(label) {
    if (!this.borders.has(label)) {
      const { width, height, labels } = this, lines = []
      const inside = (x, y) => x >= 0 && y >= 0 && x < width && y < height && labels[y * width + x] === label
      for (let y = 0; y <= height; y++) for (let x = 0; x <= width; x++) {
        if (inside(x, y) !== inside(x, y - 1)) lines.push(`M${x} ${y}h1`)
        if (inside(x, y) !== inside(x - 1, y)) lines.push(`M${x} ${y}v1`)
      }
      this.borders.set(label, lines.join(""))
    }
    return this.borders.get(label)
  }
  area(label) {
    if (!this.areas.has(label)) {
      const path = new Path2D()
      this.labels.forEach((other, at) => other === label && path.rect(at % this.width, Math.floor(at / this.width), 1, 1))
      this.areas.set(label, path)
    }
    return this.areas.get(label)
  }
}

const point = (id, label, from) => document.dispatchEvent(new CustomEvent(POINTED, { detail: { id, label, from } }))

/** Calls `show(label, from)` whenever a part of the same explanation is pointed at. Returns how to stop. */
const follow = (id, show) => {
  const listen = event => event.detail.id === id && show(event.detail.label, event.detail.from)
  document.addEventListener(POINTED, listen)
  return () => document.removeEventListener(POINTED, listen)
}

const overlay = pieces => make("svg", {
  viewBox: `0 0 ${pieces.width} ${pieces.height}`, preserveAspectRatio: "none", "aria-hidden": "true" },
  make("path", { class: "halo" }), make("path", { class: "line" }))

const outline = (svg, path) => svg.querySelectorAll("path").forEach(line => line.setAttribute("d", path))

/** Lights up pieces on the page's own pictures (`data.pictures` selects them) and tells the effect of one pointed at. */
function look(root, data, pieces) {
  const tip = make("div", { class: "tip", hidden: true, "aria-hidden": "true" })
  const lines = data.effects.map(() => overlay(pieces))
  root.replaceChildren(...lines, tip)
  const pictures = () => [...document.querySelectorAll(data.pictures)]
  const over = box => {
    const here = root.getBoundingClientRect()
    return { left: box.left - here.left, top: box.top - here.top }
  }
  const tell = event => {
    const shown = pictures(), at = shown.indexOf(event.target)
    const label = at < 0 || !data.effects[at] ? null : pieces.at(event, shown[at])
    if (label === null) return tip.hidden || leave()
    tip.textContent = data.effects[at][label]
    const width = root.clientWidth, { left, top } = over({ left: event.clientX, top: event.clientY })
    const middle = Math.min(Math.max(left, 110), Math.max(width - 110, 110))
    tip.style.transform = `translate(calc(${middle}px - 50%), calc(${top}px - 100% - 14px))`
    tip.hidden = false
    point(data.id, label, root)
  }
  const leave = () => { tip.hidden = true; point(data.id, null, root) }
  const moved = event => event.pointerType === "mouse" && tell(event)
  document.addEventListener("pointermove", moved)
  document.addEventListener("pointerdown", tell)
  const forget = follow(data.id, (label, from) => {
    if (from !== root) tip.hidden = true
    pictures().slice(0, lines.length).forEach((picture, at) => {
      const box = picture.getBoundingClientRect(), place = over(box), style = lines[at].style
      Object.assign(style, { left: `${place.left}px`, top: `${place.top}px`, width: `${box.width}px`, height: `${box.height}px` })
      outline(lines[at], label === null ? "" : pieces.border(label))
    })
  })
  return () => {
    forget()
    document.removeEventListener("pointermove", moved)
    document.removeEventListener("pointerdown", tell)
  }
}

/** Rows for pieces, one stop of the Tab key in all; arrows walk along them. `act` makes rows buttons that hide pieces. */
function table(root, data, act = null) {
  const rows = data.rows.map((row, at) => {
    const first = act
      ? make("button", { type: "button", "aria-pressed": "false", tabindex: at ? -1 : 0,
          onclick: () => act(row.label) }, row.cells[0])
      : row.cells[0]
    const line = make("tr", { tabindex: act ? null : at ? -1 : 0 },
      make("th", { scope: "row" }, first), ...row.cells.slice(1).map(cell => make("td", {}, cell)))
    line.onpointerenter = () => point(data.id, row.label, root)
    line.onpointerleave = () => point(data.id, null, root)
    return line
  })
  const stop = at => act ? rows[at].querySelector("button") : rows[at]
  const body = make("tbody", {}, ...rows)
  body.onkeydown = event => {
    const now = rows.findIndex(row => row.contains(event.target))
    const next = { ArrowDown: now + 1, ArrowUp: now - 1, Home: 0, End: rows.length - 1 }[event.key]
    if (next === undefined || !rows[next]) return
    event.preventDefault()
    stop(now).tabIndex = -1
    stop(next).tabIndex = 0
    stop(next).focus()
  }
  body.addEventListener("focusin", event => {
    const row = rows.findIndex(line => line.contains(event.target))
    if (row >= 0) point(data.id, data.rows[row].label, root)
  })
  body.addEventListener("focusout", () => point(data.id, null, root))
  const box = make("div", { class: "scroll" }, make("table", {},
    make("caption", {}, data.caption),
    make("thead", {}, make("tr", {}, ...data.columns.map(name => make("th", { scope: "col" }, name)))), body))
  root.replaceChildren(box)
  const forget = follow(data.id, (label, from) => {
    rows.forEach((row, at) => {
      const lit = data.rows[at].label === label
      row.classList.toggle("lit", lit)
      if (lit && from !== root) box.scrollTop = row.offsetTop - box.clientHeight / 2
    })
  })
  return { rows, forget }
}

/** Draws the image with some pieces hidden on a canvas. */
class Stage {
  constructor(data, pieces) {
    Object.assign(this, { pieces, smooth: data.smooth })
    this.canvas = make("canvas", { width: data.shown[0], height: data.shown[1], role: "img", "aria-label": data.alt })
    this.layers = [data.image, data.fill].map(source => Object.assign(new Image(), { src: source }))
    this.ready = Promise.all(this.layers.map(layer => layer.decode()))
  }
  async draw(hidden) {
    this.hidden = hidden
    await this.ready
    if (this.hidden !== hidden) return
    const { canvas, pieces, layers: [image, fill] } = this, pen = canvas.getContext("2d")
    pen.imageSmoothingEnabled = this.smooth
    pen.setTransform(1, 0, 0, 1, 0, 0)
    pen.drawImage(image, 0, 0, canvas.width, canvas.height)
    for (const label of hidden) {
      pen.save()
      pen.setTransform(canvas.width / pieces.width, 0, 0, canvas.height / pieces.height, 0, 0)
      pen.clip(pieces.area(label))
      pen.setTransform(1, 0, 0, 1, 0, 0)
      pen.drawImage(fill, 0, 0, canvas.width, canvas.height)
      pen.restore()
    }
  }
}

const bars = rows => make("div", { class: "bars" }, ...rows.map(({ name, share, text, before }) =>
  make("div", { class: "bar" },
    make("span", {}, name),
    make("div", { class: "track", role: "meter", "aria-label": `Probability of ${name}`, "aria-valuemin": 0,
        "aria-valuemax": 100, "aria-valuenow": Math.round(100 * share), "aria-valuetext": text },
      make("div", { class: "now", style: { width: `${100 * share}%` } }),
      before === undefined ? null : make("div", { class: "before", style: { left: `${100 * before}%` } })),
    make("span", { class: "figure" }, text))))

function experiment(root, data, pieces, setStateValue) {
  if (root.kept?.id !== data.id) root.kept?.forget()
  const kept = root.kept?.id === data.id ? root.kept : { id: data.id, hidden: data.hidden, past: [] }
  root.kept = kept
  if (kept.root) {  // the same experiment with a new answer: only the answer is drawn again
    kept.answer(data)
    return kept.forget
  }
  kept.root = root
  const stage = new Stage(data, pieces), svg = overlay(pieces), answers = make("div", {})
  const said = make("p", { class: "said", role: "status" })
  const press = (label, go) => make("button", { type: "button", onclick: go }, label)
  const undo = press("Undo", () => kept.past.length && change(kept.past.pop(), false))
  const others = Array.from({ length: data.count }, (_, label) => label).filter(label => !data.marked.includes(label))
  const toggle = label => change(kept.hidden.includes(label)
    ? kept.hidden.filter(other => other !== label) : [...kept.hidden, label])
  const frame = make("div", { class: "frame try" }, stage.canvas, svg)
  frame.onpointermove = event => event.pointerType === "mouse" && point(data.id, pieces.at(event, stage.canvas), root)
  frame.onpointerleave = () => point(data.id, null, root)
  frame.onclick = event => { const label = pieces.at(event, stage.canvas); label !== null && toggle(label) }
  const list = make("div", {}), { rows, forget } = table(list, data, toggle)
  const tools = make("div", { class: "tools" }, undo,
    press(`Hide the ${data.marks} ones`, () => change(data.marked)),
    press(`Show only the ${data.marks} ones`, () => change(others)),
    press("Show everything", () => change([])))
  const draw = () => {
    stage.draw(kept.hidden)
    undo.disabled = !kept.past.length
    rows.forEach((row, at) => {
      const gone = kept.hidden.includes(data.rows[at].label)
      row.classList.toggle("gone", gone)
      row.querySelector("button").setAttribute("aria-pressed", gone)
    })
  }
  const change = (hidden, remember = true) => {
    if (remember) kept.past.push(kept.hidden)
    kept.hidden = hidden
    draw()
    setStateValue("hidden", hidden)
  }
  kept.answer = fresh => { answers.replaceChildren(bars(fresh.bars)); said.textContent = fresh.sentence }
  const stop = follow(data.id, label => outline(svg, label === null ? "" : pieces.border(label)))
  kept.forget = () => { forget(); stop() }
  root.replaceChildren(make("div", { class: "sides" },
    make("div", {}, frame, tools), make("div", {}, said, answers, list)))
  draw()
  kept.answer(data)
  return kept.forget
}

function film(root, data, pieces) {
  const stage = new Stage(data, pieces), said = make("p", { class: "said" }), answers = make("div", {})
  const slider = make("input", { type: "range", min: 0, max: data.steps.length - 1, value: 0, "aria-label": "Pieces hidden" })
  const show = () => {
    const step = data.steps[slider.value]
    stage.draw(data.order.slice(0, step.count))
    answers.replaceChildren(bars([step.bar]))
    said.textContent = step.text
    slider.setAttribute("aria-valuetext", step.text)
  }
  let timer = null
  const pause = () => { clearInterval(timer); timer = null; play.textContent = "Play" }
  const play = make("button", { type: "button", onclick: () => {
    if (timer !== null) return pause()
    if (+slider.value === data.steps.length - 1) slider.value = 0
    play.textContent = "Pause"
    timer = setInterval(() => { slider.value = +slider.value + 1; show(); +slider.value === data.steps.length - 1 && pause() }, 500)
  } }, "Play")
  slider.oninput = () => { pause(); show() }
  root.replaceChildren(make("div", { class: "sides" }, make("div", {}, make("div", { class: "frame" }, stage.canvas)),
    make("div", {}, said, answers, make("div", { class: "tools" }, play, slider))))
  show()
  return pause
}

const before = new WeakMap()

export default function ({ data, parentElement, setStateValue }) {
  const root = parentElement.querySelector(".pieces")
  before.get(root)?.()
  const pieces = data.runs && new Pieces(data.runs, ...data.size)
  const draw = { look, try: experiment, film, table: () => table(root, data).forget }[data.part]
  const forget = draw(root, data, pieces, setStateValue)
  if (data.part !== "try") before.set(root, forget)
  return forget
}
