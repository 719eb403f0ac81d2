import type { OpenClawProfile } from '@clawpool/workspace';
import { openclawProfile } from '@clawpool/workspace';
import { provideCompileCache } from './compile-cache.ts';
import type { ImageCatalogue } from './image.ts';
import type { RuntimeSetting } from './runtime-setting.ts';

/** What runtimes of each image are started with, made when the image is used for the first time. */
export interface ImageSettings {
  /** Rejects as `ImageCatalogue.provide` does; asked again, it tries again. */
  of(imageId: string): Promise<RuntimeSetting>;
  /** The default image's profile for an image that is unknown by now. */
  profileOf(imageId: string): OpenClawProfile;
}

export function imageSettings(options: {
  images: ImageCatalogue;
  /** What is the same for every image. */
  base: Omit<RuntimeSetting, 'image' | 'profile'>;
  /** For tests that need another profile than the image's version has. */
  profile?: OpenClawProfile | undefined;
  onProgress: (line: string) => void;
  /** Told when agents of an image start slower than they could. */
  onNote: (note: string) => void;
}): ImageSettings {
  const { images, base, onProgress, onNote } = options;
  const made = new Map<string, Promise<RuntimeSetting>>();

  function profileOf(imageId: string): OpenClawProfile {
    const versionOf = (id: string) => images.entries.find((entry) => entry.id === id)?.version;
    return options.profile ?? openclawProfile(versionOf(imageId) ?? versionOf(images.default) ?? '');
  }

  async function make(imageId: string): Promise<RuntimeSetting> {
    const image = await images.provide(imageId, onProgress);
    const setting: RuntimeSetting = { ...base, image, profile: options.profile ?? openclawProfile(image.version) };
    const compileCache = await provideCompileCache(setting, onProgress).catch((error: Error) => {
      onNote(`Agents start slower than they could: ${error.message}`);
      return null;
    });
    return { ...setting, folders: { ...setting.folders, compileCache } };
  }

  function of(imageId: string): Promise<RuntimeSetting> {
    const known = made.get(imageId);
    if (known) return known;
    const setting = make(imageId);
    made.set(imageId, setting);
    setting.catch(() => made.delete(imageId));
    return setting;
  }

  return { of, profileOf };
}
