import { parseDuration, revealed, type Duration, type Platform, type Secret } from '@millrace/core/spi';
import { KafkaOptionInvalid } from './errors.js';

/** How to reach the brokers, shared by source, sink and admin. */
export interface KafkaConnectionOptions {
  /** `host:port` of one or more brokers: a list, or text with commas. The others are found from there. */
  readonly brokers: string | readonly string[];
  /** Who we are, in the brokers' logs and quotas; `millrace` unless given. */
  readonly clientId?: string;
  /** TLS: `true` trusts the authorities that Node trusts; otherwise PEM texts. */
  readonly tls?: boolean | KafkaTls;
  /** User name and password. */
  readonly sasl?: KafkaSasl;
  /** How long a broker has for an answer; 30 s unless given. */
  readonly requestTimeout?: Duration;
  /** How long a connection may take; 10 s unless given. */
  readonly connectTimeout?: Duration;
  /** For how long an outage of the brokers is waited out before the job fails; 2 min unless given. At the start of a job: 15 s at the most. */
  readonly outageTimeout?: Duration;
}

/** TLS with certificates of one's own, as PEM texts. */
export interface KafkaTls {
  /** Authorities to trust. */
  readonly ca?: string | readonly string[];
  /** The client's certificate and key. */
  readonly cert?: string;
  readonly key?: Secret | string;
  readonly passphrase?: Secret | string;
  /** The name expected in the broker's certificate, where it is not the host. */
  readonly serverName?: string;
}

/** How the user proves who they are. Passwords are best given as `secret.env('NAME')`. */
export interface KafkaSasl {
  readonly mechanism: 'PLAIN' | 'SCRAM-SHA-256' | 'SCRAM-SHA-512';
  readonly username: string;
  readonly password: Secret | string;
}

/** The options, checked and complete. Secrets are still closed. */
export interface KafkaConnection {
  readonly brokers: readonly string[];
  readonly clientId: string;
  readonly tls: KafkaTls | undefined;
  readonly sasl: KafkaSasl | undefined;
  readonly requestTimeoutMs: number;
  readonly connectTimeoutMs: number;
  readonly outageMs: number;
}

const MECHANISMS = ['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512'];

/** Checks what a source or sink was given; `owner` names it in errors. */
export function connectionOf(options: KafkaConnectionOptions, owner: string): KafkaConnection {
  const brokers = (typeof options.brokers === 'string' ? options.brokers.split(',') : [...(options.brokers ?? [])]).map((broker) => String(broker).trim());
  if (brokers.length === 0 || brokers.includes('')) throw invalidOption(owner, 'brokers is missing or empty');
  const wrong = brokers.find((broker) => !/^(\[[^\]]+\]|[^:\s]+):\d{1,5}$/.test(broker));
  if (wrong !== undefined) throw invalidOption(owner, `brokers has "${wrong}", which is not of the form host:port`);
  const { sasl } = options;
  if (sasl !== undefined && !MECHANISMS.includes(sasl.mechanism)) throw invalidOption(owner, `sasl.mechanism is "${String(sasl.mechanism)}", and must be one of ${MECHANISMS.join(', ')}`);
  if (sasl !== undefined && (typeof sasl.username !== 'string' || sasl.username === '')) throw invalidOption(owner, 'sasl.username is missing or empty');
  return {
    brokers,
    clientId: options.clientId ?? 'millrace',
    tls: options.tls === true ? {} : options.tls === false ? undefined : options.tls,
    sasl,
    requestTimeoutMs: positiveMs(options.requestTimeout ?? '30 s', owner, 'requestTimeout'),
    connectTimeoutMs: positiveMs(options.connectTimeout ?? '10 s', owner, 'connectTimeout'),
    outageMs: positiveMs(options.outageTimeout ?? '2 min', owner, 'outageTimeout'),
  };
}

/** A duration above 0 in milliseconds. */
export function positiveMs(duration: Duration, owner: string, name: string): number {
  const ms = parseDuration(duration, `${name} of ${owner}`);
  if (ms > 0) return ms;
  throw invalidOption(owner, `${name} must be above 0`);
}

/** A whole number above 0. */
export function positiveWhole(value: number, owner: string, name: string): number {
  if (Number.isSafeInteger(value) && value > 0) return value;
  throw invalidOption(owner, `${name} is ${String(value)}, and must be a whole number above 0`);
}

/** The error for a setting that cannot be meant. */
export function invalidOption(owner: string, what: string, remedy?: string): Error {
  return KafkaOptionInvalid.error({ what: `${owner}: ${what}`, ...(remedy === undefined ? {} : { remedy }) });
}

/** The text of a secret, where the driver is made. */
export const openSecret = (value: Secret | string, platform: Platform): string => revealed(value, platform.process);
