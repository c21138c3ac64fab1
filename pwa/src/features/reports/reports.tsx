import { useState } from 'preact/hooks';
import { Failure, messageOf } from '../../graphql/failure';
import { ReportAddressesDocument, type ReportFormat } from '../../graphql/generated/graphql';
import { request } from '../../graphql/session';
import { reportWords as words } from '../../messages/reports';
import { Icon } from '../../ui/icon';
import { Notice } from '../../ui/notice';

interface ReportsProps {
  /** Of the analysis or the review. */
  readonly nodeId: string;
  readonly reports: readonly { readonly format: ReportFormat; readonly ready: boolean }[];
}

/** The result to take along. Addresses live for minutes only, so that each is asked for when it is wanted. */
export function Reports({ nodeId, reports }: ReportsProps) {
  const [fault, setFault] = useState<string>();
  const [busy, setBusy] = useState<ReportFormat>();
  const ready = reports.filter((report) => report.ready);
  if (ready.length === 0) return null;
  const open = async (format: ReportFormat) => {
    setFault(undefined);
    setBusy(format);
    try {
      follow(await addressOf(nodeId, format));
    } catch (error) {
      setFault(messageOf(error));
    }
    setBusy(undefined);
  };
  return (
    <div class="reports">
      <span class="muted">{words.title}</span>
      {ready.map(({ format }) => (
        <button
          key={format}
          type="button"
          class="chip"
          disabled={busy !== undefined}
          aria-label={words.as(words.formats[format] ?? format)}
          onClick={() => void open(format)}
        >
          <Icon name="down" /> {words.formats[format] ?? format}
        </button>
      ))}
      {fault && <Notice kind="error" title={fault} />}
    </div>
  );
}

async function addressOf(nodeId: string, format: ReportFormat): Promise<string> {
  const { node } = await request(ReportAddressesDocument, { id: nodeId });
  const reports = node && 'reports' in node ? node.reports : [];
  const url = reports.find((report) => report.format === format)?.download?.url;
  if (!url) throw new Failure('NOT_FOUND', words.gone);
  return url;
}

/** A link that is followed at once: the browser saves or shows what comes, and the app stays where it is. */
function follow(url: string): void {
  const link = document.createElement('a');
  link.href = url;
  link.target = '_blank';
  link.rel = 'noopener';
  link.click();
}
