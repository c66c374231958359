// Numbers and moments as a person reads them. Every function takes the raw value of the status and gives text.

const NONE = '–'
const whole = new Intl.NumberFormat('en', {maximumFractionDigits: 0})
const short = new Intl.NumberFormat('en', {maximumSignificantDigits: 3})
const time = new Intl.DateTimeFormat('en-GB', {hour: '2-digit', minute: '2-digit', second: '2-digit'})
const day = new Intl.DateTimeFormat('en-GB', {day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit'})

function bytes(value) {
  const units = ['B', 'kB', 'MB', 'GB', 'TB', 'PB']
  let unit = 0
  let size = Math.abs(value)
  while (size >= 999.5 && unit < units.length - 1) {
    size /= 1000
    unit++
  }
  return `${value < 0 ? '-' : ''}${short.format(size)} ${units[unit]}`
}

function seconds(value) {
  if (value < 1) return `${short.format(value * 1000)} ms`
  return value < 100 ? `${short.format(value)} s` : duration(value)
}

function duration(value) {
  const s = Math.round(value)
  if (s < 100) return `${s} s`
  const min = Math.floor(s / 60)
  if (min < 100) return `${min} min`
  const h = Math.floor(min / 60)
  return h < 100 ? `${h} h ${min % 60} min` : `${Math.floor(h / 24)} d ${h % 24} h`
}

function instant(value) {
  const at = new Date(value)
  return at.toDateString() === new Date().toDateString() ? time.format(at) : day.format(at)
}

const formats = {
  bytes,
  seconds,
  duration,
  instant,
  count: value => whole.format(value),
  rate: value => (value < 100 ? short : whole).format(value),
  percent: value => `${short.format(value)} %`,
  plain: value => (typeof value === 'number' && !Number.isInteger(value) ? short.format(value) : String(value)),
  clean: value => (value ? 'clean' : 'not clean'),
  usable: value => (value ? '' : 'not usable'),
  sweep: value => (value ? 'sweep under way' : 'swept'),
  text: String,
}

/** What is not known yet is a dash. */
export function format(value, how = 'text') {
  return value === null || value === undefined ? NONE : formats[how](value)
}
