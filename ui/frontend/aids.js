// What every page needs beyond widgets: keys that always work, focus that is not lost, news for screen readers, and
// votes that wait until what they are about is on screen.

const TYPED = "input:not([type=checkbox], [type=radio], [type=range], [type=button]), textarea, select, [contenteditable=true]"

/** Those of the impression on screen, where there is one: buttons of the one before stay until a run has ended. */
const button = name => document.querySelector(`[class*="st-key-${name}-${state.impression ?? ""}"] button:not(:disabled)`)

const pressed = event => {
  const target = event.composedPath()[0]
  if (event.ctrlKey || event.altKey || event.metaKey || event.repeat || target.matches?.(TYPED)) return
  const found = button(state.keys[event.key.length === 1 ? event.key.toLowerCase() : event.key])
  if (!found) return
  event.preventDefault()
  event.stopPropagation()
  found.click()
}

const EARLY = "One moment, the next one is still being drawn: that was not counted."
const SLOWEST_START = 5000, HINT = 3000  // milliseconds

const bar = () => document.querySelector(".st-key-vote_bar")

/** From an answer until its successor's buttons are drawn, further answers would be about what is no longer there. */
const wait = phase => {
  state.waiting = phase
  if (phase) bar()?.setAttribute("aria-busy", "true")
  else {
    bar()?.removeAttribute("aria-busy")
    state.hint?.remove()
  }
}

const answered = event => {
  if (!event.target.closest?.("[class*=st-key-answer_] button:not(:disabled)")) return
  const gone = state.impression && !event.target.closest(`[class*="${state.impression}"]`)
  if (!state.waiting && !gone) {
    wait("sent")
    setTimeout(() => state.waiting === "sent" && wait(null), SLOWEST_START)  // for clicks that bring nothing new
    return
  }
  event.preventDefault()
  event.stopImmediatePropagation()
  if (event.detail < 2) hint()  // the second half of a double click means nothing else
}

const hint = () => {
  state.hint?.remove()
  state.hint = Object.assign(document.createElement("div"), { className: "aids-hint", role: "alert", textContent: EARLY })
  state.hint.style.fontFamily = getComputedStyle(bar() ?? document.body).fontFamily
  document.body.append(state.hint)
  setTimeout(shown => shown.remove(), HINT, state.hint)
}

/** A run of the page that has ended has drawn its buttons, whether or not they are others. */
const drawn = () => {
  if (!state.waiting) return
  const running = document.querySelector("[data-test-script-state=running]")
  if (running) state.waiting = "running"
  else if (state.waiting === "running") wait(null)
}

/** The answer whose button has the focus, for its successor to get. */
const focused = event => {
  const holder = event.target.closest?.("[class*=st-key-answer]")
  state.focused = holder?.className.match(/st-key-(answer_[a-z]+)-/)?.[1] ?? null
}

const nobody = () => !document.activeElement || document.activeElement === document.body

const succeed = () => {
  if (state.focused && nobody()) button(state.focused)?.focus({ preventScroll: true })
}

/** Whoever chose from a box with a pointer has finished with it: letters are keys again, not a search in it. */
const chosen = event => event.target.closest?.("[role=option]") && setTimeout(() => {
  if (document.activeElement?.matches("input")) document.activeElement.blur()
}, 50)

/** Bars get their text as name; a page may draw new ones at any time. */
const name = () => document.querySelectorAll("[data-testid=stProgress]").forEach(bar =>
  bar.querySelector("[role=progressbar]")?.setAttribute("aria-label", bar.textContent.trim() || "progress"))

const state = { keys: {}, focused: null, impression: null, waiting: null, hint: null }
const WATCHED = { childList: true, subtree: true, characterData: true, attributeFilter: ["data-test-script-state"] }
let users = 0
const observer = new MutationObserver(() => { name(); succeed(); drawn() })

const install = () => {
  document.addEventListener("keydown", pressed, true)
  document.addEventListener("click", answered, true)
  document.addEventListener("focusin", focused)
  document.addEventListener("pointerdown", focused, true)
  document.addEventListener("pointerup", chosen, true)
  observer.observe(document.body, WATCHED)
  name()
}

const remove = () => {
  document.removeEventListener("keydown", pressed, true)
  document.removeEventListener("click", answered, true)
  document.removeEventListener("focusin", focused)
  document.removeEventListener("pointerdown", focused, true)
  document.removeEventListener("pointerup", chosen, true)
  observer.disconnect()
  wait(null)
}

/** The next stop of the Tab key is the first answer, unless somebody is elsewhere on the page. */
const startAtAnswers = question => {
  const votes = bar()
  if (!votes) return
  votes.setAttribute("role", "group")
  votes.setAttribute("aria-label", question)
  votes.tabIndex = -1
  if (nobody() && !state.focused) votes.focus({ preventScroll: true })
}

const inView = selector => {
  const shown = document.querySelector(selector)
  const box = shown?.getBoundingClientRect()
  if (box && (box.top < 0 || box.bottom > innerHeight - 90)) shown.scrollIntoView({ block: "start" })
}

const settle = (data, again) => {
  wait(null)
  startAtAnswers(data.question)
  if (again) inView(data.view)
}

export default function ({ data, parentElement }) {
  const news = parentElement.querySelector("[role=status]")
  const again = state.impression !== null
  if (!parentElement.aided) {
    parentElement.aided = true
    if (users++ === 0) install()
  }
  if (data.say && news.textContent !== data.say) news.textContent = data.say
  if (data.keys) state.keys = data.keys
  if (data.impression && data.impression !== state.impression) {
    state.impression = data.impression
    requestAnimationFrame(() => setTimeout(settle, 60, data, again))  // once the new buttons and pictures are drawn
  }
  return () => {
    parentElement.aided = false
    if (--users === 0) {
      remove()
      state.impression = state.focused = null
    }
  }
}
