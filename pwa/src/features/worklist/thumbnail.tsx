import { useEffect, useRef, useState } from 'preact/hooks';
import { freshThumbnail } from './thumbnail-addresses';

interface ThumbnailProps {
  readonly seriesId: string;
  readonly url: string;
}

/** A picture that is fetched when it is scrolled to: its address may have ended by then, and is renewed once. */
export function Thumbnail({ seriesId, url }: ThumbnailProps) {
  const [renewed, setRenewed] = useState<{ readonly of: string; readonly url: string | undefined }>();
  const [failed, setFailed] = useState<string>();
  useEffect(() => {
    if (failed !== url) return;
    let isLeft = false;
    freshThumbnail(seriesId)
      .catch(() => undefined)
      .then((fresh) => {
        if (!isLeft) setRenewed({ of: url, url: fresh });
      });
    return () => {
      isLeft = true;
    };
  }, [seriesId, url, failed]);

  const shown = renewed?.of === url ? renewed.url : url;
  if (shown === undefined) return <span class="no-picture" />;
  const onError = () => (shown === url ? setFailed(url) : setRenewed({ of: url, url: undefined }));
  return <Picture src={shown} onError={onError} />;
}

/** Stops loading when it goes: an address that ends under way would be refused. */
function Picture({ src, onError }: { readonly src: string; readonly onError: () => void }) {
  const image = useRef<HTMLImageElement>(null);
  useEffect(() => {
    const { current } = image;
    return () => current?.removeAttribute('src');
  }, []);
  return <img ref={image} src={src} alt="" loading="lazy" width={56} height={56} onError={onError} />;
}
