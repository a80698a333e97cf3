// Signing in: by password, at another provider, by a link that is good for once, or with the server's one token.

import { type ReactNode, useEffect } from 'react';
import { Navigate, useSearchParams } from 'react-router';
import { OPENID } from '../../api/accounts';
import { Failed, Loading } from '../../design/Notice';
import { paths } from '../../lib/paths';
import { isIn, useSessionQuery } from '../../session/session';
import { dropWayBack, keepWayBack, keptWayBack } from '../../session/way-back';
import { BrandMark } from '../../shell/BrandMark';
import { LinkForm } from './LinkForm';
import { PasswordForm } from './PasswordForm';
import styles from './SignInPage.module.css';
import { TokenForm } from './TokenForm';

export default function SignInPage() {
  const [params] = useSearchParams();
  const { data, error, refetch } = useSessionQuery();
  const link = params.get('link');
  const isRefused = params.get('error') === 'openid';
  const back = safeBack(params.get('back') ?? (isRefused ? keptWayBack() : null));
  const isThere = data !== undefined && isIn(data);
  useEffect(() => {
    document.title = 'Sign in · telltale';
  }, []);
  useEffect(() => {
    if (isThere) dropWayBack();
  }, [isThere]);
  if (error && !data) return <Failed error={error} what="session" onRetry={() => void refetch()} />;
  if (!data) return <Loading what="the session" />;
  if (link) {
    return (
      <Sheet title="Choose a password">
        <LinkForm link={link} />
      </Sheet>
    );
  }
  if (isThere) return <Navigate to={back} replace />;
  if (data.authentication === 'token') {
    return (
      <Sheet title="This server asks for its token">
        <TokenForm />
      </Sheet>
    );
  }
  return (
    <Sheet title="Sign in">
      <PasswordForm />
      {data.openIdConnect && (
        <div className={styles.other}>
          {isRefused && (
            <p className={styles.said} role="alert">
              {data.openIdConnect.name} did not let you in here. Try again, or ask an owner to invite you.
            </p>
          )}
          <a className={styles.provider} href={OPENID} onClick={() => keepWayBack(back)}>
            Sign in with {data.openIdConnect.name}
          </a>
        </div>
      )}
    </Sheet>
  );
}

function Sheet({ title, children }: { title: string; children: ReactNode }) {
  return (
    <main className={styles.page}>
      <div className={styles.sheet}>
        <p className={styles.brand}>
          <BrandMark />
          telltale
        </p>
        <h1>{title}</h1>
        {children}
      </div>
    </main>
  );
}

/** An address of this page, whatever the address bar was made to say. */
export function safeBack(back: string | null): string {
  return back && /^\/(?![/\\])/.test(back) && !back.startsWith(paths.signIn()) ? back : paths.runs();
}
