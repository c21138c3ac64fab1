import { useEffect, useState } from 'preact/hooks';
import { secondFactor as words } from '../../messages/second-factor';

const QUIET = 4; // modules around it that stay light (ISO/IEC 18004)

/** Dark on light also in the dark: scanners want it so. The encoder is fetched only where one is shown. */
export function QrCode({ text }: { readonly text: string }) {
  const [drawing, setDrawing] = useState<{ readonly path: string; readonly size: number }>();
  useEffect(() => {
    let isGone = false;
    void import('qrcode-generator').then(({ default: qrcode }) => {
      const code = qrcode(0, 'M');
      code.addData(text);
      code.make();
      if (!isGone) setDrawing({ path: pathOf(code), size: code.getModuleCount() + 2 * QUIET });
    });
    return () => {
      isGone = true;
    };
  }, [text]);
  if (!drawing) return null;
  return (
    <svg class="qr-code" viewBox={`0 0 ${drawing.size} ${drawing.size}`} role="img" aria-label={words.qrCode}>
      <path d={drawing.path} />
    </svg>
  );
}

function pathOf(code: { getModuleCount(): number; isDark(row: number, column: number): boolean }): string {
  const steps: string[] = [];
  const count = code.getModuleCount();
  for (let row = 0; row < count; row += 1) {
    for (let column = 0; column < count; column += 1) {
      if (code.isDark(row, column)) steps.push(`M${column + QUIET} ${row + QUIET}h1v1h-1z`);
    }
  }
  return steps.join('');
}
