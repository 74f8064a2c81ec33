import { mkdirSync, symlinkSync } from 'node:fs';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeUtf8 } from '../../base/bytes.js';
import { joinPath } from '../../base/paths.js';
import { nodePlatform } from '../../platform/node/node-platform.js';
import { SimulatedPlatform } from '../../testing/simulation/simulated-platform.js';
import { LineBuffer } from './line-buffer.js';
import { answerLine, parseAnswer, parseRequest, requestLine } from './protocol.js';

describe('lines on a control socket', () => {
  it('come out whole, however they are cut, until one is too long', () => {
    fc.assert(fc.property(fc.array(fc.string({ maxLength: 20 }).map((text) => text.replaceAll('\n', ' '))), fc.array(fc.integer({ min: 1, max: 30 })), (lines, cuts) => {
      const bytes = encodeUtf8(lines.map((line) => `${line}\n`).join(''));
      const buffer = new LineBuffer(1000);
      const out: string[] = [];
      let from = 0;
      for (let turn = 0; from < bytes.length; turn++) {
        const length = cuts.length === 0 ? bytes.length : (cuts[turn % cuts.length] as number);
        expect(buffer.add(bytes.subarray(from, from + length), (line) => out.push(line))).toBe(true);
        from += length;
      }
      expect(out).toEqual(lines.filter((line) => line.trim() !== ''));
      expect(buffer.isWithinLine).toBe(false);
    }));
    const short = new LineBuffer(4);
    expect([short.add(encodeUtf8('123'), () => {}), short.isWithinLine, short.add(encodeUtf8('45'), () => {})]).toEqual([true, true, false]);
  });

  it('say the same to both sides, with numbers that JSON has no form for as text', () => {
    const request = { id: 7, verb: 'describe', with: { a: 1 } };
    expect(parseRequest(requestLine(request))).toEqual(request);
    expect(parseAnswer(answerLine({ id: 7, result: { watermark: -Infinity, big: 2n ** 70n, none: Number.NaN } }))).toMatchObject({ result: { watermark: '-Infinity', big: '1180591620717411303424', none: 'NaN' } });
  });

  it('MR-2351 MR-2352 never throw anything but a code', () => {
    for (const line of ['', '{', '[]', 'null', '7', '{"millrace":1}', '{"millrace":1,"id":{},"do":"x"}', '{"millrace":1,"id":1,"do":7}', '{"millrace":1,"id":1,"do":"x","with":[]}']) expect(() => parseRequest(line)).toThrow(/MR-2351/);
    expect(() => parseRequest('{"millrace":2,"id":1,"do":"x"}')).toThrow(/MR-2352.*version 2.*version 1/);
    expect(() => parseAnswer('hello')).toThrow(/MR-2352/);
    fc.assert(fc.property(fc.json(), (text) => {
      try {
        parseRequest(text);
      } catch (error) {
        expect((error as { code?: string }).code).toMatch(/^MR-235[12]$/);
      }
    }));
  });
});

describe('a private directory', () => {
  it('is made for its owner alone, and refused where others may enter or where it is a link', () => {
    for (const platform of [nodePlatform(), new SimulatedPlatform({ seed: 1 })]) {
      const { files } = platform;
      const root = files.makeTemporaryDirectory('millrace-private-');
      const path = joinPath(root, 'a', 'own');
      files.makePrivateDirectory(path);
      files.makePrivateDirectory(path);
      expect(files.stat(path).permissions & 0o777).toBe(0o700);
      files.makeDirectory(joinPath(root, 'open'), { permissions: 0o755 });
      expect(() => files.makePrivateDirectory(joinPath(root, 'open'))).toThrow(/MR-28\d\d/);
      files.removeTree(root);
    }
    const root = nodePlatform().files.makeTemporaryDirectory('millrace-private-');
    mkdirSync(joinPath(root, 'real'), { mode: 0o700 });
    symlinkSync(joinPath(root, 'real'), joinPath(root, 'link'));
    expect(() => nodePlatform().files.makePrivateDirectory(joinPath(root, 'link'))).toThrow(/MR-28\d\d/);
    nodePlatform().files.removeTree(root);
  });
});
