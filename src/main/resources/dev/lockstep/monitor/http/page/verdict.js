// In step or not: one glance.

import {format} from './format.js'

const LATE_SECONDS = 30

/** Of a status: tone good, busy, warn or bad; a title and a line. */
export function verdict(status) {
  const open = (status.backfill ?? []).filter(table => table.state !== 'done').length
  const lag = status.lag?.seconds
  if (status.pause?.active) return paused(status)
  if (status.phase === 'NEW') return {tone: 'busy', title: 'Not expanded yet', line: 'lockstep expand makes what is needed.'}
  if (status.phase === 'CONTRACTED') return {tone: 'good', title: 'Contracted', line: 'The window is closed.'}
  if (!status.slot?.exists) return {tone: 'bad', title: 'The slot is missing', line: 'A start of lockstep run restores it and scans what was lost.'}
  if (!status.runner?.live) return {tone: 'bad', title: 'Nothing runs', line: 'Rows fall out of step until lockstep run is started.'}
  if (status.gapsOpen > 0) return {tone: 'bad', title: 'A gap is open', line: 'Part of the stream was lost; every table is scanned.'}
  if (lag > LATE_SECONDS) return {tone: 'warn', title: 'Behind', line: `Rows are in step as of ${format(lag, 'duration')} ago.`}
  if (status.deadLetters > 0) return {tone: 'warn', title: 'In step, but for rows set aside', line: 'Mend the reasons below; they are tried again by themselves.'}
  if (status.gapsUnverified > 0) return {tone: 'warn', title: 'A gap waits for its verification', line: 'lockstep verify closes it.'}
  if (open > 0) return {tone: 'busy', title: 'Backfilling', line: `New writes are in step; ${open} of ${status.backfill.length} tables are still scanned.`}
  if (Object.values(status.drift ?? {}).some(rows => rows > 0)) return {tone: 'warn', title: 'Drift was found', line: 'The last verification found rows out of step: lockstep verify --repair.'}
  return {tone: 'good', title: 'In step', line: 'Everything committed up to the moment shown is derived.'}
}

function paused({pause, budget}) {
  const may = budget?.text ? ` ${budget.text[0].toUpperCase()}${budget.text.slice(1)}.` : ''
  return {tone: 'warn', title: 'Paused', line: `Since ${format(pause.since, 'instant')}, by ${pause.by}.${may}`}
}
