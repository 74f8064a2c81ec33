import { CloudEventInvalid } from '../errors.js';

/** The value of an extension: in headers they are all texts. Numbers are whole and of 32 bits. */
export type CloudEventExtension = boolean | number | string;

/** An event as CloudEvents 1.0 has it. Extensions stand apart here, and beside the other attributes on the wire. */
export interface CloudEvent<D = unknown> {
  readonly specversion: '1.0';
  /** Unique among the events of its source. */
  readonly id: string;
  /** Where it happened: a URI or a part of one. */
  readonly source: string;
  /** What happened, e.g. `com.example.order.created`. */
  readonly type: string;
  /** The media type of the data; JSON when absent. */
  readonly datacontenttype?: string;
  /** An absolute URI of the schema of the data. */
  readonly dataschema?: string;
  /** What it is about, within the source. */
  readonly subject?: string;
  /** When it happened, as in RFC 3339. */
  readonly time?: string;
  readonly extensions?: Readonly<Record<string, CloudEventExtension>>;
  readonly data?: D;
}

/** The attributes that CloudEvents itself names. */
export const ATTRIBUTES: readonly string[] = ['specversion', 'id', 'source', 'type', 'datacontenttype', 'dataschema', 'subject', 'time'];

const REQUIRED = ['id', 'source', 'type'];
const OPTIONAL = ['datacontenttype', 'dataschema', 'subject', 'time'];
const NAME = /^[a-z0-9]{1,63}$/;
const RFC_3339 = /^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(?:\.\d+)?(?:[Zz]|[+-]\d\d:\d\d)$/;
const ABSOLUTE_URI = /^[A-Za-z][A-Za-z\d+.-]*:\S+$/;
// oxlint-disable-next-line no-control-regex -- the specification excludes control characters
const CONTROL = /[\u0000-\u001f\u007f-\u009f]/;

/**
 * The event of attributes and data as they came, checked. Names that are no attribute of CloudEvents are extensions; null
 * stands for an absent attribute. Throws `CloudEventInvalid` that names what is wrong.
 */
export function cloudEventOf<D>(attributes: Iterable<readonly [string, unknown]>, data: D | undefined): CloudEvent<D> {
  const own: Record<string, unknown> = { specversion: undefined };
  const extensions = new Map<string, CloudEventExtension>();
  for (const [name, value] of attributes) {
    if (value === null || value === undefined) continue;
    if (ATTRIBUTES.includes(name)) own[name] = value;
    else extensions.set(name, checkedExtension(name, value));
  }
  checkAttributes(own);
  if (extensions.size > 0) own['extensions'] = Object.fromEntries(extensions);
  if (data !== undefined) own['data'] = data;
  return own as unknown as CloudEvent<D>;
}

/** The attributes of an event, extensions among them, checked: what goes beside the data on a wire. */
export function attributesOf(event: CloudEvent): readonly (readonly [string, CloudEventExtension])[] {
  if (typeof event !== 'object' || event === null) throw invalid(`the record is a ${event === null ? 'null' : typeof event}, not an event`);
  checkAttributes(event as unknown as Readonly<Record<string, unknown>>);
  const own = ATTRIBUTES.filter((name) => event[name as 'id'] !== undefined).map((name) => [name, event[name as 'id']] as const);
  const extensions = Object.entries(event.extensions ?? {}).map(([name, value]) => [name, checkedExtension(name, value)] as const);
  return [...own, ...extensions];
}

/** When the event happened, in epoch milliseconds; NaN when it does not say. */
export function timestampOfEvent({ time }: CloudEvent): number {
  return time === undefined ? Number.NaN : Math.floor(Date.parse(time));
}

/** Whether a media type is one of JSON; JSON is also what no media type means. */
export function isJsonType(datacontenttype: string | undefined): boolean {
  return datacontenttype === undefined || /^[^;]*[/+]json\s*(?:;|$)/i.test(datacontenttype);
}

function checkAttributes(event: Readonly<Record<string, unknown>>): void {
  const { specversion, time, dataschema } = event;
  if (specversion !== '1.0') throw invalid(`specversion is ${JSON.stringify(specversion)}, and must be "1.0"`);
  for (const name of REQUIRED) if (event[name] === undefined) throw invalid(`the required attribute "${name}" is missing`);
  for (const name of [...REQUIRED, ...OPTIONAL]) {
    const value = event[name];
    if (value === undefined) continue;
    if (typeof value !== 'string' || value === '') throw invalid(`"${name}" is ${JSON.stringify(value)}, and must be a text that is not empty`);
    if (CONTROL.test(value)) throw invalid(`"${name}" has a control character`);
  }
  if (time !== undefined && !(RFC_3339.test(time as string) && !Number.isNaN(Date.parse(time as string)))) throw invalid(`"time" is ${JSON.stringify(time)}, and must be as in RFC 3339`);
  if (dataschema !== undefined && !ABSOLUTE_URI.test(dataschema as string)) throw invalid(`"dataschema" is ${JSON.stringify(dataschema)}, and must be an absolute URI`);
}

function checkedExtension(name: string, value: unknown): CloudEventExtension {
  if (!NAME.test(name) || name === 'data' || ATTRIBUTES.includes(name)) throw invalid(`"${name}" cannot be the name of an extension: lower-case letters and digits only, and no name of CloudEvents itself`);
  if (typeof value === 'boolean') return value;
  if (typeof value === 'number' && Number.isInteger(value) && Math.abs(value) < 2 ** 31) return value;
  if (typeof value === 'string' && !CONTROL.test(value)) return value;
  throw invalid(`the extension "${name}" is ${JSON.stringify(value)}, and must be a text, a boolean or a whole number of 32 bits`);
}

/** The error for an event that is not valid. */
export function invalid(what: string): Error {
  return CloudEventInvalid.error({ what });
}
