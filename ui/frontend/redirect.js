// Leaves for another address after a while; leaving the page before stops it.

export default function ({ data }) {
  const timer = setTimeout(() => window.location.assign(data.url), data.seconds * 1000)
  return () => clearTimeout(timer)
}
