// Tap an image: the place goes to the server as shares of its width and height, and is marked.
//
// `data.image` finds the picture on the page, `data.place` is where it was tapped before, `data.open` whether taps are taken.

const STEP = .05

const within = share => Math.min(1, Math.max(0, share))

export default function ({ data, parentElement, setStateValue }) {
  const root = parentElement.querySelector(".tap")
  const key = root.querySelector("button")
  const listening = new AbortController()
  let marker = null
  let place = data.place ?? { x: .5, y: .5 }

  const mark = image => {
    image.parentElement.style.position = "relative"
    marker ??= document.createElement("span")
    marker.className = "tap-marker"
    Object.assign(marker.style, {
      left: `${image.offsetLeft + place.x * image.offsetWidth}px`,
      top: `${image.offsetTop + place.y * image.offsetHeight}px`,
    })
    image.parentElement.append(marker)
  }
  const send = () => setStateValue("place", place)

  const begin = image => {
    if (data.place) mark(image)
    image.style.cursor = data.open ? "crosshair" : ""
    if (!data.open) return
    image.addEventListener("click", event => {
      const box = image.getBoundingClientRect()
      place = { x: within((event.clientX - box.left) / box.width), y: within((event.clientY - box.top) / box.height) }
      mark(image)
      send()
    }, { signal: listening.signal })
    key.addEventListener("keydown", event => {
      const moves = { ArrowLeft: [-STEP, 0], ArrowRight: [STEP, 0], ArrowUp: [0, -STEP], ArrowDown: [0, STEP] }
      const [right, down] = moves[event.key] ?? [0, 0]
      if (!right && !down) return
      event.preventDefault()
      place = { x: within(place.x + right), y: within(place.y + down) }
      mark(image)
    }, { signal: listening.signal })
    key.addEventListener("click", () => { mark(image); send() }, { signal: listening.signal })
  }

  key.hidden = !data.open
  const look = () => {
    const image = document.querySelector(data.image)
    if (image?.complete && image.offsetWidth) begin(image)
    else if (!listening.signal.aborted) setTimeout(look, 100)
  }
  look()
  return () => { listening.abort(); marker?.remove() }
}
