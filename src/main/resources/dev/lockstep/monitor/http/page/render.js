// Puts the status into the page. An element says what it shows; each one carries the path of its value in the status
// (data-field) and the raw value (data-value).
//   data-field="lag.bytes"     a value          data-each="backfill"   one copy of the template for each entry
//   data-item="done"           in such a copy   data-full, data-empty  shown while the list is not, or is, empty

import {format} from './format.js'

const SPARK_PIXELS = 20

export function at(status, path) {
  return path === '' ? status : path.split('.').reduce((value, key) => value?.[key], status)
}

const empty = value => value === null || value === undefined || value === ''
  || (typeof value === 'object' && Object.keys(value).length === 0)

export function render(page, status) {
  for (const list of page.querySelectorAll('[data-each]')) each(list, at(status, list.dataset.each))
  for (const element of page.querySelectorAll('[data-field]:not([data-item])')) {
    show(element, at(status, element.dataset.field))
  }
  for (const element of page.querySelectorAll('[data-full]')) element.hidden = empty(at(status, element.dataset.full))
  for (const element of page.querySelectorAll('[data-empty]')) element.hidden = !empty(at(status, element.dataset.empty))
  for (const element of page.querySelectorAll('[data-alarm]')) {
    element.classList.toggle('alarm', at(status, element.dataset.alarm) > 0)
  }
  for (const meter of page.querySelectorAll('[data-meter]')) {
    const value = at(status, meter.dataset.meter)
    meter.hidden = empty(value)
    meter.value = value ?? 0
  }
}

function show(element, value, how = element.dataset.format) {
  if (empty(value)) delete element.dataset.value
  else element.dataset.value = value
  const text = format(value, how)
  if (element.textContent !== text) element.textContent = text
  if (element.dataset.format === 'instant' && value) element.title = value
}

/** Copies are kept from one status to the next, so that nothing flickers and the focus stays. */
function each(list, values) {
  const template = list.querySelector('template')
  const entries = Object.entries(values ?? {})
  const copies = [...list.children].filter(child => child !== template)
  while (copies.length > entries.length) copies.pop().remove()
  while (copies.length < entries.length) {
    const copy = template.content.firstElementChild.cloneNode(true)
    list.append(copy)
    copies.push(copy)
  }
  entries.forEach(([key, value], i) => fill(copies[i], `${list.dataset.each}.${key}`, key, value))
}

function fill(copy, path, key, value) {
  for (const element of [copy, ...copy.querySelectorAll('*')]) {
    const {item, max, spark, present} = element.dataset
    if (item !== undefined) {
      element.dataset.field = item ? `${path}.${item}` : path
      show(element, at(value, item), element.dataset.format === 'signal' ? unit(value.name) : undefined)
    }
    if ('key' in element.dataset) element.textContent = key
    if (max !== undefined) bar(element, value)
    if (spark !== undefined) sparks(element, at(value, spark) ?? [])
    if (present !== undefined) element.hidden = empty(at(value, present))
  }
}

/** Of a signal of the throttle, as its name says. */
function unit(name) {
  if (name.endsWith('Bytes')) return 'bytes'
  return name.endsWith('Seconds') ? 'seconds' : 'plain'
}

function bar(progress, value) {
  const total = at(value, progress.dataset.max)
  progress.max = Math.max(1, total)
  progress.value = total === 0 ? 1 : at(value, progress.dataset.now)
  progress.setAttribute('aria-label', at(value, progress.dataset.label))
}

/** A column for each of the last hours. */
function sparks(cell, hours) {
  const most = Math.max(1, ...hours.map(hour => hour.writes))
  const last = [...hours].sort((a, b) => (a.hour < b.hour ? -1 : 1)).slice(-24)
  cell.replaceChildren(...last.map(hour => {
    const column = document.createElement('i')
    column.className = 'spark'
    column.style.height = `${Math.max(2, Math.round((SPARK_PIXELS * hour.writes) / most))}px`
    column.title = `${format(hour.hour, 'instant')}: ${format(hour.writes, 'count')}`
    return column
  }))
}
