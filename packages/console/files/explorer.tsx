import { useState } from 'react';
import { useMediaQuery } from '../design/media-query.ts';
import { FilePane } from './file-pane.tsx';
import { FileTree } from './file-tree.tsx';
import { FolderPane } from './folder-pane.tsx';
import { isFolderPath } from './paths.ts';
import { useUploads } from './use-uploads.ts';

/** An agent's workspace: the tree, where there is room for it, and the folder or file that is chosen. */
export function Explorer({
  tenantId,
  own,
  path,
  onPath,
}: {
  tenantId: string;
  /** It is the person's own agent's. */
  own: boolean;
  path: string;
  onPath: (path: string) => void;
}) {
  const wide = useMediaQuery('(min-width: 64rem)');
  const uploads = useUploads(tenantId);
  /** A file that was made just now, to be written. */
  const [made, setMade] = useState<string | null>(null);
  const goTo = (chosen: string) => {
    uploads.clear();
    setMade(null);
    onPath(chosen);
  };
  return (
    <div className="flex min-h-0 flex-1">
      {wide && (
        <div className="w-72 shrink-0 overflow-auto border-e bg-sunken">
          <FileTree tenantId={tenantId} path={path} onPath={goTo} />
        </div>
      )}
      <div className="min-h-0 min-w-0 flex-1 overflow-y-auto">
        {isFolderPath(path) ? (
          <FolderPane
            key={path}
            tenantId={tenantId}
            path={path}
            uploads={uploads}
            onPath={goTo}
            onNewFile={(file) => {
              goTo(file);
              setMade(file);
            }}
          />
        ) : (
          <FilePane key={path} tenantId={tenantId} path={path} own={own} startsEditing={made === path} onPath={goTo} />
        )}
      </div>
    </div>
  );
}
