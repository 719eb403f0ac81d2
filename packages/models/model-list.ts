/**
 * What `GET /v1/models` answers: https://platform.openai.com/docs/api-reference/models/list, or for Anthropic's clients
 * https://platform.claude.com/docs/en/api/models/list. The references are the policy's, in its order.
 */
export function modelList(references: readonly string[], forAnthropic: boolean): unknown {
  if (forAnthropic) {
    return {
      data: references.map((id) => ({ type: 'model', id, display_name: id, created_at: '1970-01-01T00:00:00Z' })),
      has_more: false,
      first_id: references[0] ?? null,
      last_id: references.at(-1) ?? null,
    };
  }
  return {
    object: 'list',
    data: references.map((id) => ({ id, object: 'model', created: 0, owned_by: id.split('/', 1)[0] })),
  };
}
