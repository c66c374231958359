// The stream of statuses. Says when it breaks, and comes back by itself.

const SILENCE_MILLIS = 8000
const AGAIN_MILLIS = 2000

/**
 * Listens for good. onStatus gets each status, onState gets 'live', 'stale' (with the Date of the last status, or null)
 * or 'trouble' (with that and the line that says why).
 */
export function listen({onStatus, onState}) {
  let source
  let lastAt = null
  let heardAt = Date.now()

  function open() {
    source?.close()
    heardAt = Date.now()
    source = new EventSource('api/events')
    source.addEventListener('status', event => {
      heardAt = Date.now()
      lastAt = new Date()
      onState('live', lastAt)
      onStatus(JSON.parse(event.data))
    })
    source.addEventListener('trouble', event => {
      heardAt = Date.now()
      onState('trouble', lastAt, JSON.parse(event.data).error)
    })
    source.addEventListener('error', () => {
      onState('stale', lastAt)
      if (source.readyState === EventSource.CLOSED) setTimeout(open, AGAIN_MILLIS)
    })
  }

  open()
  setInterval(() => {
    if (Date.now() - heardAt > SILENCE_MILLIS) {
      onState('stale', lastAt)
      open()
    }
  }, 1000)
}
