// The calls that change something. The token is asked for once and kept until the tab is closed; never in an address.

const KEPT = 'lockstep.token'
const byId = id => document.getElementById(id)
const [dialog, token, error, yes] = ['ask', 'token', 'ask-error', 'ask-yes'].map(byId)

async function post(path, secret) {
  const answer = await fetch(path, {
    method: 'POST',
    headers: {'Content-Type': 'application/json', ...(secret ? {Authorization: `Bearer ${secret}`} : {})},
    body: '{}',
  })
  return {status: answer.status, body: await answer.json().catch(() => ({}))}
}

/**
 * Asks whether it shall be done, with the token if that is not known, and does it. Resolves to the answer's body, or to
 * null when the operator thought better of it.
 */
export function control({path, title, text, action, tone = ''}) {
  byId('ask-title').textContent = title
  byId('ask-text').textContent = text
  yes.textContent = action
  yes.className = tone
  error.textContent = ''
  token.value = ''
  needToken(!sessionStorage.getItem(KEPT))
  dialog.showModal()
  return new Promise(resolve => {
    dialog.onclose = () => resolve(null)
    byId('ask-no').onclick = () => dialog.close()
    dialog.firstElementChild.onsubmit = async event => {
      event.preventDefault()
      yes.disabled = true
      const done = await attempt(path).catch(() => fail('lockstep does not answer; try again'))
      yes.disabled = false
      if (done) {
        resolve(done)
        dialog.close()
      }
    }
  })
}

async function attempt(path) {
  const secret = sessionStorage.getItem(KEPT) ?? token.value
  const {status, body} = await post(path, secret)
  if (status === 200) {
    sessionStorage.setItem(KEPT, secret)
    return body
  }
  if (status === 401) {
    sessionStorage.removeItem(KEPT)
    needToken(true)
    return fail(secret ? 'This is not the token.' : 'The token is needed.')
  }
  return fail(body.error ?? `lockstep answered ${status}`)
}

function fail(line) {
  error.textContent = line
  return null
}

function needToken(needed) {
  byId('ask-token').hidden = !needed
  if (needed && dialog.open) token.focus()
}
