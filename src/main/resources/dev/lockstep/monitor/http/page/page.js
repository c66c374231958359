import {Charts} from './charts.js'
import {control} from './control.js'
import {listen} from './feed.js'
import {format} from './format.js'
import {render} from './render.js'
import {verdict} from './verdict.js'

const byId = id => document.getElementById(id)
const charts = new Charts()
const notices = {trouble: '', done: '', ended: ''}
let last = {}
let events = 0

function show(status) {
  last = status
  render(document, status)
  const {tone, title, line} = verdict(status)
  byId('verdict').dataset.tone = tone
  text('verdict-title', title)
  text('verdict-line', line)
  text('runner', status.runner?.live ? status.runner.holder : 'none')
  document.documentElement.dataset.events = ++events
  document.title = `${title} · ${status.name}`
  const paused = Boolean(status.pause?.active)
  byId('pause').hidden = paused
  byId('pause').disabled = status.phase === 'NEW' || status.phase === 'CONTRACTED'
  byId('resume').hidden = !paused
  byId('retry').hidden = !(status.deadLetters > 0)
  tell('ended', !paused && status.pause?.ended ? `The last pause ended by itself: ${status.pause.ended}` : '')
}

function text(id, value) {
  const element = byId(id)
  if (element.textContent !== value) element.textContent = value
}

/** One line at the top: trouble before what was just done before what happened meanwhile. */
function tell(kind, line) {
  notices[kind] = line
  const first = notices.trouble || notices.done || notices.ended
  text('notice', first)
  byId('notice').hidden = first === ''
}

function state(name, at, why) {
  byId('feed').dataset.state = name
  document.body.classList.toggle('stale', name !== 'live')
  const since = at ? ` since ${format(at, 'instant')}` : ''
  text('feed-text', name === 'live' ? 'live' : `stale${since}`)
  if (name !== 'stale') tell('trouble', name === 'trouble' ? why : '')
}

byId('pause').onclick = () => control({
  path: 'api/pause',
  title: 'Pause lockstep?',
  text: 'Writers go on; their rows fall out of step until it is resumed. The server keeps the WAL meanwhile'
    + (last.budget?.text ? `: ${last.budget.text}.` : '.') + ' A pause ends by itself before the budget is used up.',
  action: 'Pause',
  tone: 'strong',
}).then(() => byId(byId('resume').hidden ? 'pause' : 'resume').focus())

byId('resume').onclick = () => control({
  path: 'api/resume',
  title: 'Resume lockstep?',
  text: 'What was written meanwhile is applied, oldest first.',
  action: 'Resume',
  tone: 'strong',
})

byId('retry').onclick = async () => {
  const done = await control({
    path: 'api/dead-letters/retry',
    title: 'Try dead letters again now?',
    text: 'Each is tried once; what still cannot be derived stays set aside.',
    action: 'Retry',
    tone: 'strong',
  })
  if (done) {
    tell('done', `${done.retried} dead letters are tried again within seconds`)
    setTimeout(() => tell('done', ''), 10_000)
  }
}

async function history() {
  const step = await charts.load().catch(() => 30)
  setTimeout(history, 1000 * Math.min(60, Math.max(2, step)))
}

listen({onStatus: show, onState: state})
history()
