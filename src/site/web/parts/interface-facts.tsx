import type { JSX } from 'preact';
import type { Description } from '../../../registry/rows.js';
import { shownValue } from './facts.js';

type Interface = NonNullable<Description['interface']>;

/** What goes into a model and comes out of it. */
export function InterfaceFacts({ value }: { value: Interface | null | undefined }): JSX.Element | null {
  if (!value) return null;
  return (
    <section>
      <h2>Interface</h2>
      <dl class="facts">
        {Object.entries(value).map(([group, ports]) => (
          <>
            <dt>{group}</dt>
            <dd>
              {Object.entries(ports ?? {}).map(([name, port]) => (
                <div key={name}>
                  <bdi>{name}</bdi> <code>{shownPort(port)}</code>
                </div>
              ))}
            </dd>
          </>
        ))}
      </dl>
    </section>
  );
}

/** `F32 [batch, 24]`; a dimension that may vary has no name or one of its own. */
function shownPort(port: unknown): string {
  if (typeof port !== 'object' || port === null || !('dtype' in port)) return shownValue(port);
  const shape = 'shape' in port && Array.isArray(port.shape) ? port.shape : undefined;
  return `${port.dtype}${shape ? ` [${shape.map((dimension) => dimension ?? '?').join(', ')}]` : ''}`;
}
