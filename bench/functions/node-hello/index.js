console.log(`Hello, ${process.env.APPWRITE_FUNCTION_DATA || 'nobody'}`);
