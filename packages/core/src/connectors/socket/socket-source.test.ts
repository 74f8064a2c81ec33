import { describe, expect, it } from 'vitest';
import { encodeUtf8 } from '../../base/bytes.js';
import type { Listener, Socket } from '../../base/platform-sockets.js';
import { json } from '../../formats/json/json.js';
import { raw } from '../../formats/raw.js';
import { SourceDriver } from '../../testing/source-driver.js';
import { SimulatedPlatform } from '../../testing/simulation/simulated-platform.js';
import { ConnectorOptionInvalid, SocketSourceFailed } from '../errors.js';
import { socketSource } from './socket-source.js';

class Server {
  readonly sockets: Socket[] = [];
  ended = 0;
  listener: Listener | undefined;

  async listen(platform: SimulatedPlatform): Promise<void> {
    this.listener = await platform.sockets.listen({ kind: 'tcp', host: '127.0.0.1', port: 7000 }, {
      maxConnections: 10,
      onConnection: (socket) => {
        this.sockets.push(socket);
        return { onData: () => undefined, onClose: () => void this.ended++ };
      },
    });
  }
}

async function pump<T>(driver: SourceDriver<T, never>, platform: SimulatedPlatform, ms: number = 200): Promise<void> {
  for (let passed = 0; passed < ms; passed += 10) {
    while (driver.poll() === 'more');
    await platform.advance(10);
  }
}

describe('socket source', () => {
  it('reads lines as they come, in whatever pieces, and ends with the stream when told to', async () => {
    const platform = new SimulatedPlatform({ seed: 1 });
    const server = new Server();
    await server.listen(platform);
    const driver = new SourceDriver<unknown, never>(socketSource({ host: '127.0.0.1', port: 7000, format: json(), endOnClose: true }) as never, { platform });
    await driver.start();
    await pump(driver, platform);
    const bytes = encodeUtf8('{"a":"ü"}\r\n\n{"a":2}\n{"a":3}');
    for (let at = 0; at < bytes.length; at += 4) {
      server.sockets[0]!.write(bytes.slice(at, at + 4));
      await pump(driver, platform, 20);
    }
    expect(driver.records.map(({ value, offset }) => [value, offset])).toEqual([[{ a: 'ü' }, 0], [{ a: 2 }, 13]]);
    server.sockets[0]!.end();
    await pump(driver, platform);
    expect(driver.records.map(({ value }) => value)).toEqual([{ a: 'ü' }, { a: 2 }, { a: 3 }]);
    expect(driver.poll()).toBe('end');
    await driver.close();
  });

  it('connects again, and gives up with a code when the attempts are spent', async () => {
    const platform = new SimulatedPlatform({ seed: 2 });
    const server = new Server();
    const driver = new SourceDriver<string, never>(socketSource({ host: '127.0.0.1', port: 7000, format: raw(), reconnect: { attempts: 3, delay: '100 ms' } }) as never, { platform });
    await driver.start();
    await pump(driver, platform, 150);
    await server.listen(platform);
    await pump(driver, platform, 300);
    server.sockets[0]!.write(encodeUtf8('one\n'));
    await pump(driver, platform);
    server.sockets[0]!.end();
    await pump(driver, platform, 400);
    server.sockets[1]!.write(encodeUtf8('two\n'));
    await pump(driver, platform);
    expect(driver.records.map(({ value }) => value)).toEqual(['one', 'two']);
    await server.listener!.close();
    await expect(pump(driver, platform, 3000)).rejects.toSatisfy((error) => SocketSourceFailed.is(error));
    await driver.close();
  });

  it('makes the server wait while nobody polls, and loses nothing', async () => {
    const platform = new SimulatedPlatform({ seed: 3 });
    const server = new Server();
    await server.listen(platform);
    const driver = new SourceDriver<string, never>(socketSource({ host: '127.0.0.1', port: 7000, format: raw(), endOnClose: true }) as never, { platform, batchSize: 1000 });
    await driver.start();
    await pump(driver, platform, 50);
    const line = `${'x'.repeat(999)}\n`;
    let refused = 0;
    for (let n = 0; n < 5000; n++) {
      if (!server.sockets[0]!.write(encodeUtf8(line))) refused++;
      if (n % 100 === 0) await platform.advance(1);
    }
    expect(refused).toBeGreaterThan(0);
    server.sockets[0]!.end();
    await pump(driver, platform, 2000);
    expect(driver.records).toHaveLength(5000);
    await driver.close();
  });

  it('R49 passes over a record above the limit, whole', async () => {
    const platform = new SimulatedPlatform({ seed: 4 });
    const server = new Server();
    await server.listen(platform);
    const driver = new SourceDriver<unknown, never>(socketSource({ host: '127.0.0.1', port: 7000, format: json(undefined, { onError: 'skip' }), maxRecordBytes: 10 }) as never, { platform });
    await driver.start();
    await pump(driver, platform, 50);
    for (const part of ['1\n', '"aaaaaaaaaaaaaaaaa', 'bbbbbbbbbbbbbbbb', 'cccc"\n2\n', '"dddddddddddddd"\n3\n']) {
      server.sockets[0]!.write(encodeUtf8(part));
      await pump(driver, platform, 20);
    }
    expect(driver.records.map(({ value }) => value)).toEqual([1, 2, 3]);
    expect(driver.metrics.counter('numDecodeErrors').value).toBe(2);
    await driver.close();
  });

  it('refuses settings that cannot be', () => {
    for (const options of [{ host: '' }, { port: 0 }, { port: 70_000 }, { format: undefined }, { reconnect: { attempts: -1 } }, { maxRecordBytes: 0 }]) {
      expect(() => socketSource({ host: 'a', port: 1, format: raw(), ...options } as never)).toThrow(ConnectorOptionInvalid.code);
    }
  });
});
