import { catalogue } from './catalogue';

export const reportWords = catalogue('reports', {
  title: 'Report',
  formats: { PDF: 'PDF', DICOM_SR: 'DICOM SR', FHIR: 'FHIR' },
  as: (format: string) => `Report as ${format}`,
  gone: 'This report is not there any more. Open the case again.',
});
