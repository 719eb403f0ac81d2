/** What a new key is tried with. `baseUrl` is this Clawpool's address without a slash at its end; `model` is a tenant's id. */
export interface Call {
  baseUrl: string;
  secret: string;
  model: string;
}

/** For a POSIX shell. The key's letters, digits, - and _ need no quoting; the rest is quoted whatever it holds. */
export function curlExample({ baseUrl, secret, model }: Call): string {
  const body = JSON.stringify({ model, messages: [{ role: 'user', content: 'Who are you?' }] });
  return [
    `curl ${quoted(`${baseUrl}/v1/chat/completions`)} \\`,
    `  -H 'Authorization: Bearer ${secret}' \\`,
    `  -H 'Content-Type: application/json' \\`,
    `  -d ${quoted(body)}`,
  ].join('\n');
}

/** For the official `openai` client of Node. */
export function openaiExample({ baseUrl, secret, model }: Call): string {
  return [
    `import OpenAI from 'openai';`,
    '',
    'const client = new OpenAI({',
    `  baseURL: ${JSON.stringify(`${baseUrl}/v1`)},`,
    `  apiKey: ${JSON.stringify(secret)},`,
    '});',
    'const answer = await client.chat.completions.create({',
    `  model: ${JSON.stringify(model)},`,
    `  user: 'customer-4711', // whoever talks: each has one session`,
    `  messages: [{ role: 'user', content: 'Who are you?' }],`,
    '});',
    'console.log(answer.choices[0].message.content);',
  ].join('\n');
}

const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;
