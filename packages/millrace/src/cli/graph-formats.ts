/** How a graph may be shown. */
export const GRAPH_FORMATS: readonly ['text', 'mermaid', 'json'] = ['text', 'mermaid', 'json'];
