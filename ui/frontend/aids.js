// What every page needs beyond widgets: keys that always work, focus that is not lost, news for screen readers.

const TYPED = "input:not([type=checkbox], [type=radio], [type=range], [type=button]), textarea, select, [contenteditable=true]"

const button = name => document.querySelector(`[class*="st-key-${name}-"] button:not(:disabled)`)

const pressed = event => {
  const target = event.composedPath()[0]
  if (event.ctrlKey || event.altKey || event.metaKey || event.repeat || target.matches?.(TYPED)) return
  const found = button(state.keys[event.key.length === 1 ? event.key.toLowerCase() : event.key])
  if (!found) return
  event.preventDefault()
  event.stopPropagation()
  found.click()
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

const state = { keys: {}, focused: null, impression: null }
let users = 0
const observer = new MutationObserver(() => { name(); succeed() })

const install = () => {
  document.addEventListener("keydown", pressed, true)
  document.addEventListener("focusin", focused)
  document.addEventListener("pointerdown", focused, true)
  document.addEventListener("pointerup", chosen, true)
  observer.observe(document.body, { childList: true, subtree: true, characterData: true })
  name()
}

const remove = () => {
  document.removeEventListener("keydown", pressed, true)
  document.removeEventListener("focusin", focused)
  document.removeEventListener("pointerdown", focused, true)
  document.removeEventListener("pointerup", chosen, true)
  observer.disconnect()
}

/** The next stop of the Tab key is the first answer, unless somebody is elsewhere on the page. */
const startAtAnswers = question => {
  const bar = document.querySelector(".st-key-vote_bar")
  if (!bar) return
  bar.setAttribute("role", "group")
  bar.setAttribute("aria-label", question)
  bar.tabIndex = -1
  if (nobody() && !state.focused) bar.focus({ preventScroll: true })
}

const inView = selector => {
  const shown = document.querySelector(selector)
  const box = shown?.getBoundingClientRect()
  if (box && (box.top < 0 || box.bottom > innerHeight - 90)) shown.scrollIntoView({ block: "start" })
}

const settle = (data, again) => {
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
