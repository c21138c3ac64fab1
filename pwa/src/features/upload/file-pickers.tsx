import { useRef } from 'preact/hooks';
import { upload as words } from '../../messages/upload';
import { type PickedFile, pickedFrom } from '../../offline/picked-file';
import { Icon, type IconName } from '../../ui/icon';

interface FilePickersProps {
  readonly onPick: (picked: PickedFile[]) => void;
}

/** Files, a whole folder, or pictures from the camera roll. */
export function FilePickers({ onPick }: FilePickersProps) {
  return (
    <div class="pickers">
      <Picker icon="upload" label={words.pickFiles} hint={words.pickFilesHint} isMain onPick={onPick} />
      <Picker icon="folder" label={words.pickFolder} hint={words.pickFolderHint} isFolder onPick={onPick} />
      <Picker
        icon="picture"
        label={words.pickPictures}
        hint={words.pickPicturesHint}
        accept="image/png,image/jpeg"
        onPick={onPick}
      />
    </div>
  );
}

interface PickerProps extends FilePickersProps {
  readonly icon: IconName;
  readonly label: string;
  readonly hint: string;
  readonly accept?: string;
  readonly isFolder?: boolean;
  readonly isMain?: boolean;
}

function Picker({ icon, label, hint, accept, isFolder = false, isMain = false, onPick }: PickerProps) {
  const input = useRef<HTMLInputElement>(null);
  return (
    <>
      <button type="button" class={`button ${isMain ? 'is-primary' : ''}`} onClick={() => input.current?.click()}>
        <Icon name={icon} />
        <span>
          {label} <small>{hint}</small>
        </span>
      </button>
      <input
        ref={input}
        type="file"
        multiple
        hidden
        {...(accept !== undefined && { accept })}
        {...(isFolder && { webkitdirectory: true })}
        aria-label={label}
        onChange={(event) => {
          const picked = pickedFrom(event.currentTarget.files ?? []);
          event.currentTarget.value = '';
          if (picked.length > 0) onPick(picked);
        }}
      />
    </>
  );
}
