// Asks for the token of a server that listens beyond its own machine. A cookie carries it, since an event stream can't send headers.
import { useState } from 'preact/hooks';

function remember(token: string): void {
  document.cookie = `honeyguide_token=${token}; path=/; SameSite=Strict`;
  location.reload();
}

export function TokenForm() {
  const [token, setToken] = useState('');
  const wrong = document.cookie.includes('honeyguide_token=');
  const usable = /^[A-Za-z0-9._~-]{16,}$/.test(token.trim());
  const enter = () => { if (usable) remember(token.trim()); };
  return (
    <main class="page" id="main" tabIndex={-1}>
      <section class="q nothing" aria-labelledby="token-q">
        <h1 class="vh">honeyguide</h1>
        <h2 id="token-q">This server asks for a token</h2>
        <p>{wrong ? 'The one given before is not right. ' : ''}It stands in the file that the server was started with (--token-file).</p>
        <p class="token">
          <label class="vh" for="token">Token</label>
          <input class="field" id="token" type="password" autocomplete="off" value={token} onInput={(event) => setToken(event.currentTarget.value)}
            onKeyDown={(event) => { if (event.key === 'Enter') enter(); }} />
          <button type="button" class="btn primary" disabled={!usable} onClick={enter}>Open</button>
        </p>
      </section>
    </main>
  );
}
