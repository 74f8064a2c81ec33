/** Where the reference of options is written. */
export const OPTIONS_PAGE = 'docs/reference/options.md';

const KIB = 1024;

/** The page, from the option table of the engine and the spellings of a name (`packages/core/src/base/options.ts`). */
export function optionsPage({ OPTIONS, OPTION_NAMES, flagOf, environmentNameOf }) {
  const rows = OPTION_NAMES.map((name) => {
    const { type, default: value, doc } = OPTIONS[name];
    return `| \`${name}\` | \`--${flagOf(name)}\`${type.kind === 'boolean' && value === true ? `, \`--no-${flagOf(name)}\`` : ''} | \`${environmentNameOf(name)}\` | ${takes(type)} | ${shown(type, value)} | ${doc} |`;
  });
  return `# Options

Every option of a run. The same value may be given in several places; the strongest wins:

1. in the program: \`execute('name', { options: { 'batch.size': 256 } })\`, or as a setting of its own where there is one
   (\`parallelism\`, \`maxParallelism\`, \`check\`, \`strict\`)
2. on the command line, as a flag
3. in the environment, where the command runs the job
4. the default

A name that is not in this table is an error with a suggestion.

<!-- Made by "node tools/reference/write-options-page.mjs" from packages/core/src/base/options.ts; do not edit by hand. -->

| option | flag | environment variable | takes | default | meaning |
|---|---|---|---|---|---|
${rows.join('\n')}

The limits of a record hold where a source (\`maxRecordBytes\`) or its format (\`maxDepth\`) sets none of its own.
\`buffer.targetMs\` matters between threads only.
`;
}

function takes(type) {
  switch (type.kind) {
    case 'integer': return `a whole number from ${type.min} to ${type.max}`;
    case 'bytes': return `a size such as \`64 KiB\`, from ${size(type.min)} to ${size(type.max)}`;
    case 'choice': return type.choices.map((choice) => `\`${choice}\``).join(' or ');
    case 'boolean': return '`true` or `false`; the flag takes no value';
    case 'duration': return 'a duration such as `10 s`';
    case 'text': return 'a text';
  }
}

function shown(type, value) {
  if (value === undefined) return '';
  if (type.kind === 'bytes') return `\`${size(value)}\``;
  return `\`${String(value)}${type.kind === 'duration' ? ' ms' : ''}\``;
}

function size(bytes) {
  for (const [unit, factor] of [['GiB', KIB ** 3], ['MiB', KIB ** 2], ['KiB', KIB]]) if (bytes >= factor && bytes % factor === 0) return `${bytes / factor} ${unit}`;
  return `${bytes} B`;
}
