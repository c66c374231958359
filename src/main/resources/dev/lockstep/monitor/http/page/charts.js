// The charts of the last hour, from /api/history: [[epochSeconds, lagSeconds, lagBytes, changesPerSecond, rowsPerSecond], …].

import uPlot from './uplot/dist/uPlot.esm.js'
import {format} from './format.js'

const HEIGHT = 190
const dark = matchMedia('(prefers-color-scheme: dark)')

/** Hours and minutes. */
function clock(epochSeconds) {
  return new Date(epochSeconds * 1000).toTimeString().slice(0, 5)
}

function colour(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim()
}

function series(label, how, stroke, fill) {
  return {label, stroke, fill, width: 1.5, points: {show: false}, spanGaps: false, value: (plot, v) => format(v, how)}
}

function axis(how) {
  const paint = {stroke: colour('--muted'), grid: {stroke: colour('--line'), width: 1}, ticks: {show: false}}
  return how ? {...paint, size: 62, values: (plot, ticks) => ticks.map(tick => format(tick, how))} : paint
}

function draw(target, how, lines, data) {
  const now = Date.now() / 1000
  return new uPlot({
    width: target.clientWidth,
    height: HEIGHT,
    cursor: {y: false},
    scales: {x: {time: true, range: (plot, from, to) => [Math.min(from ?? now, (to ?? now) - 60), to ?? now]}, y: {range: (plot, low, high) => [0, Math.max(high ?? 0, how === 'seconds' ? 1 : 10) * 1.1]}},
    series: [{value: (plot, v) => (v ? format(v * 1000, 'instant') : '–')}, ...lines],
    axes: [{...axis(), size: 30, incrs: [60, 120, 300, 600, 900, 1800], values: (plot, ticks) => ticks.map(clock)}, axis(how)],
  }, data, target)
}

export class Charts {
  #lag
  #rate
  #lagTarget = document.getElementById('lag-chart')
  #rateTarget = document.getElementById('rate-chart')
  #columns = [[], [], [], [], []]

  constructor() {
    dark.addEventListener('change', () => this.#build())
    new ResizeObserver(() => this.#resize()).observe(this.#lagTarget)
    this.#build()
  }

  async load() {
    const answer = await fetch('api/history')
    if (!answer.ok) return 30
    const {stepSeconds, points} = await answer.json()
    this.#columns = [0, 1, 2, 3, 4].map(column => points.map(point => point[column]))
    this.#lag.setData(this.#lagData())
    this.#rate.setData(this.#rateData())
    this.#describe()
    return stepSeconds
  }

  #lagData() {
    return [this.#columns[0], this.#columns[1]]
  }

  #rateData() {
    return [this.#columns[0], this.#columns[3], this.#columns[4]]
  }

  #build() {
    this.#lag?.destroy()
    this.#rate?.destroy()
    this.#lag = draw(this.#lagTarget, 'seconds', [series('lag', 'seconds', colour('--accent'), colour('--accent-soft'))], this.#lagData())
    this.#rate = draw(this.#rateTarget, 'rate', [
      series('changes/s', 'rate', colour('--accent'), colour('--accent-soft')),
      series('rows/s', 'rate', colour('--second')),
    ], this.#rateData())
  }

  #resize() {
    this.#lag.setSize({width: this.#lagTarget.clientWidth, height: HEIGHT})
    this.#rate.setSize({width: this.#rateTarget.clientWidth, height: HEIGHT})
  }

  /** For those who do not see it. */
  #describe() {
    const lags = this.#columns[1].filter(lag => lag !== null)
    const rates = this.#columns[3].filter(rate => rate !== null)
    if (lags.length > 0) this.#lagTarget.setAttribute('aria-label', `Lag of the last hour: highest ${format(Math.max(...lags), 'seconds')}`)
    if (rates.length > 0) this.#rateTarget.setAttribute('aria-label', `Throughput of the last hour: highest ${format(Math.max(...rates), 'rate')} changes a second`)
  }
}
