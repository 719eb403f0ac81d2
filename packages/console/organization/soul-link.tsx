import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { linkStyle } from './link-style.ts';

/** The way to the SOUL layer of a position or a person. */
export function SoulLink({
  scope,
  ownerId,
  children,
}: {
  scope: 'position' | 'personal';
  ownerId: string;
  children: ReactNode;
}) {
  return (
    <Link to="/soul/$scope/$ownerId" params={{ scope, ownerId }} className={linkStyle}>
      {children}
    </Link>
  );
}
